"""The headers that tell a browser what the dashboard's pages may do: no foreign script, no frame, no other site."""

from __future__ import annotations

import base64
import hashlib
import re

_YEAR = 365 * 24 * 60 * 60
# What a page that shows figures has no use for.
_FEATURES = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media", "fullscreen",
    "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip


def inline_scripts(page: str) -> tuple[str, ...]:
    """Return the hashes that allow the scripts written into an HTML page, and no other, in a policy's form."""
    scripts = re.findall(r"<script>(.*?)</script>", page, re.S)
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts)
    return tuple(f"'sha256-{digest}'" for digest in digests)


def content_policy(scripts: tuple[str, ...]) -> str:
    """Return the Content-Security-Policy under which Streamlit works.

    Its styles are written by its script (`unsafe-inline`); charts are interpreted, so that nothing needs `unsafe-eval`.
    """
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(("script-src 'self'", *scripts)),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "media-src 'self'",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'self'",
            "frame-src 'none'",
            "frame-ancestors 'none'",
        )
    )


def security_headers(policy: str, *, secure: bool) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers of every answer; with HSTS if people come by HTTPS."""
    said = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",  # for browsers that don't know frame-ancestors
        "referrer-policy": "same-origin",
        "permissions-policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "x-robots-tag": "noindex, nofollow",
    }
    if secure:
        said["strict-transport-security"] = f"max-age={_YEAR}"
    return tuple((name.encode(), value.encode()) for name, value in said.items())
