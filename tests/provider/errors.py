"""How each cloud's provider words what went wrong: those who read its messages must recognise them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.provider.client import CloudError

GOOGLE_REASONS = {
    400: "badRequest",
    403: "forbidden",
    404: "notFound",
    409: "alreadyExists",
    429: "rateLimitExceeded",
    500: "backendError",
    503: "backendError",
}
AWS_REASONS = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    409: "ResourceInUseException",
    429: "ThrottlingException",
    500: "InternalFailure",
    503: "ServiceUnavailable",
}
AZURE_REASONS = {
    400: "BadRequest",
    403: "AuthorizationFailed",
    404: "ResourceNotFound",
    409: "Conflict",
    429: "TooManyRequests",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}
GERUND = {
    "configure": "configuring",
    "create": "creating",
    "read": "reading",
    "update": "updating",
    "delete": "deleting",
    "import": "importing",
}


def sentence(provider: str, action: str, kind: str, name: str, error: CloudError) -> str:
    """Return the error as that provider would say it."""
    status, message = error.status, error.message
    doing = GERUND[action]
    thing = kind.partition("_")[2].replace("_", " ").title().replace(" ", "")
    if provider == "google":
        return f"Error {doing} {thing} {name!r}: " + (
            f"googleapi: Error {status}: {message}, {GOOGLE_REASONS.get(status, 'unknown')}" if status else message
        )
    if provider == "aws":
        operation = f"{action.capitalize()}{thing}"
        return f"{doing} {thing} ({name}): operation error {operation}, " + (
            f"https response error StatusCode: {status}, RequestID: 5c8b6d0e-toy, "
            f"{AWS_REASONS.get(status, 'UnknownError')}: {message}"
            if status
            else f"request send failed, {message}"
        )
    if provider == "azurerm":
        return f"{doing} {thing} ({name}): " + (
            f"unexpected status {status} with error: {AZURE_REASONS.get(status, 'Unknown')}: {message}"
            if status
            else f"executing request: {message}"
        )
    return f"{doing} {thing} {name!r}: {message}"
