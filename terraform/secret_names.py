"""What names of secrets look like: values under such names are never repeated."""

from __future__ import annotations

import re

SECRET = re.compile(r"password|token|secret|authorization|cookie|credential|api.?key", re.IGNORECASE)
