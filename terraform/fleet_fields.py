"""The kinds of value that the fleet's files hold, and the two kinds of mapping: open and strict."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from terraform.currencies import minor_units
from terraform.fleet import BlobFolder
from terraform.secret_names import SECRET as SECRET  # for those who take fields from here

_CONTAINER = r"(?P<container>\$root|[a-z0-9](?:-?[a-z0-9]){2,62})(?:/+(?P<folder>[^?#*]*))?"
_ACCOUNT = r"(?P<account>[a-z0-9]{3,24})\.(?:blob|dfs)\.(?P<suffix>[a-z0-9.-]+)"
_BLOB_FOLDERS = (
    rf"abfss?://{_CONTAINER.partition('(?:/+')[0]}@{_ACCOUNT}(?:/+(?P<folder>[^?#*]*))?",
    rf"https://{_ACCOUNT}/{_CONTAINER}",
    rf"(?:az|azure|abfss?)://{_CONTAINER}",
)


def fault(text: str) -> PydanticCustomError:
    """A fault in our own words (pydantic would take braces in the text for fields)."""
    return PydanticCustomError("fleet", "{text}", {"text": text})


def matching(pattern: str, remedy: str, *, secret: bool = False) -> tuple[AfterValidator, WithJsonSchema]:
    """Metadata for text that must match as a whole; a secret that was put in the wrong place is not repeated."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise fault(f"this value is {remedy}" if secret else f"'{value}' is {remedy}")
        return value

    return AfterValidator(check), WithJsonSchema({"type": "string", "pattern": f"^(?:{pattern})$"})


def blob_folder(text: str) -> BlobFolder:
    """The folder in Blob storage that an address names, however it is spelt. Raises a fault."""
    if "?" in text:  # what follows may be a signature
        raise fault("this address has a '?': leave the query out, and name the variable that holds a SAS with sas_env")
    for pattern in _BLOB_FOLDERS:
        if found := re.fullmatch(pattern, text.rstrip("/")):
            parts = found.groupdict()
            host = f"https://{parts['account']}.blob.{parts['suffix']}" if parts.get("account") else None
            return BlobFolder(parts["container"], parts["folder"] or "", host)
    raise fault(
        f"'{text}' is not a folder in Blob storage: write it as abfss://container@account.dfs.core.windows.net/folder, "
        "https://account.blob.core.windows.net/container/folder or az://container/folder"
    )


def _blob_folder(text: str) -> str:
    blob_folder(text)
    return text


def one_or_many(value: object) -> object:
    return [] if value is None else value if isinstance(value, list) else [value]


def measure(value: object) -> object:
    if isinstance(value, bool):
        raise fault(f"{str(value).lower()} is not a number: write digits")
    return value


def _currency(value: str) -> str:
    if value not in minor_units():
        raise fault(f"'{value}' is no currency of ISO 4217: write its three capital letters, as in EUR")
    return value


def many(value: object) -> object:
    return [] if value is None else value


def _day(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise fault(f"'{value}' is not a day: write it as YYYY-MM-DD")
    return value


_NAMESPACE, _NAMESPACE_SCHEMA = matching(
    r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?",
    "not a Kubernetes namespace: use lower-case letters, digits and '-', at most 63",
)
_NAME, _NAME_SCHEMA = matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", "not a name: use letters, digits, '-', '_' and '.'")
_HUB, _HUB_SCHEMA = matching(r"[A-Za-z0-9][A-Za-z0-9._-]*/[a-z0-9-]+", "not a hub: write it as cluster/hub")
_ID, _ID_SCHEMA = matching(r"\S+", "not an account's id: write it without spaces")
_ENV, _ENV_SCHEMA = matching(
    r"[A-Za-z_][A-Za-z0-9_]*",
    "not the name of an environment variable: name the one that holds the secret",
    secret=True,
)
_GOOGLE, _GOOGLE_SCHEMA = matching(r"[A-Za-z0-9.:_-]+", "not a name in Google Cloud: use letters, digits, '-' and '_'")
_BIGQUERY, _BIGQUERY_SCHEMA = matching(
    r"[A-Za-z0-9_-]+", "not a name in BigQuery: give it alone, of letters, digits, '-' and '_'"
)
_S3, _S3_SCHEMA = matching(
    r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^\s?#*]*)?",
    "not a place in S3: write it as s3://bucket/prefix, without *",
)
_AWS_ACCOUNT, _AWS_ACCOUNT_SCHEMA = matching(r"\d{12}", "not the id of an AWS account: give its twelve digits")
_ENDPOINT, _ENDPOINT_SCHEMA = matching(
    r"https?://[^\s@/]+(/[^\s@]*)?", "not the address of a store: write https://host, with no user in it", secret=True
)
_URL, _URL_SCHEMA = matching(
    r"https?://[^\s@/]+(/[^\s@]*)?",
    "not the address of a Prometheus: write https://host/path, its user under username and its password elsewhere",
    secret=True,
)

Namespace = Annotated[str, _NAMESPACE, _NAMESPACE_SCHEMA]
Name = Annotated[str, _NAME, _NAME_SCHEMA]
HubPath = Annotated[str, _HUB, _HUB_SCHEMA]
Id = Annotated[str, _ID, WithJsonSchema({"type": ["string", "integer"]})]
Env = Annotated[str, _ENV, _ENV_SCHEMA]
Google = Annotated[str, _GOOGLE, _GOOGLE_SCHEMA]
BigQueryName = Annotated[str, _BIGQUERY, _BIGQUERY_SCHEMA]
Url = Annotated[str, _URL, _URL_SCHEMA]
BlobPath = Annotated[str, Field(min_length=1), AfterValidator(_blob_folder)]
S3Path = Annotated[str, _S3, _S3_SCHEMA]
AwsAccount = Annotated[str, _AWS_ACCOUNT, _AWS_ACCOUNT_SCHEMA]
Endpoint = Annotated[str, _ENDPOINT, _ENDPOINT_SCHEMA]
Currency = Annotated[str, AfterValidator(_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})]
Text = Annotated[str, Field(min_length=1)]
Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=date)]
Weight = Annotated[
    Decimal,
    Field(ge=0, le=1_000_000, decimal_places=12),
    BeforeValidator(measure),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1_000_000}),
]
Count = Annotated[int, Field(gt=0), BeforeValidator(measure, json_schema_input_type=int)]
Seconds = Annotated[
    float, Field(gt=0, le=3600, allow_inf_nan=False), BeforeValidator(measure, json_schema_input_type=float)
]
Texts = Annotated[list[Text], BeforeValidator(one_or_many, json_schema_input_type=Text | list[Text] | None)]
Ids = Annotated[list[Id], BeforeValidator(one_or_many, json_schema_input_type=Id | list[Id] | None)]


def _title(model: type) -> str:
    return model.__name__.removesuffix("File")


class Foreign(BaseModel):
    """Keys of the format that 2i2c keeps: unknown ones are kept, and not read."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True, model_title_generator=_title)


class Ours(BaseModel):
    """Our own keys: an unknown one is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, model_title_generator=_title)
