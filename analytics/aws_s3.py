"""S3 as AWS bills need it: what lies below a prefix, one object to a file as it was listed, AWS's errors in plain words."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from boto3.session import Session
from botocore import exceptions as aws
from botocore.config import Config
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from analytics.source import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

CHUNK = 2**20
ATTEMPTS = 4
PASSING = (aws.ConnectionClosedError, aws.IncompleteReadError, aws.ReadTimeoutError, aws.ResponseStreamingError)
ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "403", "Forbidden", "AllAccessDisabled"})
REFUSED = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)


class AwsBillingError(SourceError):
    """An AWS bill can't be had or can't be read; nothing was written of the month it happened in."""


class Access(Protocol):
    """What a source says about how AWS is reached."""

    @property
    def id(self) -> str:
        """Names the source."""

    @property
    def region(self) -> str | None:
        """The region to ask."""

    @property
    def profile(self) -> str | None:
        """The profile with the credentials."""

    @property
    def endpoint(self) -> str | None:
        """Another address than AWS's own."""


@dataclass(frozen=True, slots=True)
class S3Object:
    """An object as it was when its bucket was listed."""

    key: str
    etag: str
    size: int
    modified: datetime


@contextmanager
def client(access: Access, service: str, *, region: str | None = None) -> Iterator[Any]:
    """Yield boto3's client of `service`; `region` is where it is asked unless the source says otherwise."""
    config = Config(
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        connect_timeout=10,
        read_timeout=60,
        s3={"addressing_style": "path"} if access.endpoint else None,
    )
    session = Session(profile_name=access.profile, region_name=access.region)
    made = session.client(
        service,
        region_name=session.region_name or region,
        endpoint_url=access.endpoint,
        config=config,
    )
    try:
        yield made
    finally:
        made.close()


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, and the prefix of it that a source names."""

    s3: Any  # boto3 makes its clients at run time
    name: str
    prefix: str

    def __str__(self) -> str:
        return self.url(self.prefix)

    def url(self, key: str) -> str:
        """Return the address of `key` as people write it."""
        return f"s3://{self.name}/{key}"

    def list(self) -> tuple[S3Object, ...]:
        """Return the objects below the prefix, in order of their keys."""
        below = f"{self.prefix}/" if self.prefix else ""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=below)
        with explained(f"{self.url(below)}", "s3:ListBucket", f"bucket {self.name}"):
            return tuple(
                S3Object(each["Key"], each["ETag"].strip('"'), each["Size"], each["LastModified"])
                for page in pages
                for each in page.get("Contents", ())
                if not each["Key"].endswith("/")
            )

    def read(self, found: S3Object) -> bytes:
        """Return a small object's content."""
        place = self.url(found.key)
        with explained(place, "s3:GetObject", place), self._open(found) as body:
            return bytes(body.read())

    def download(self, found: S3Object, path: Path) -> None:
        """Write an object to `path`, as it was when it was listed; raises AwsBillingError if it has changed or gone."""
        place = self.url(found.key)
        attempts = Retrying(
            retry=retry_if_exception_type(PASSING),
            wait=wait_random_exponential(multiplier=0.5, max=10),
            stop=stop_after_attempt(ATTEMPTS),
            reraise=True,
        )
        with explained(place, "s3:GetObject", place):
            attempts(self._copy, found, path)

    def _copy(self, found: S3Object, path: Path) -> None:
        with self._open(found) as body, path.open("wb") as file:
            for chunk in body.iter_chunks(CHUNK):
                file.write(chunk)
        if path.stat().st_size != found.size:
            raise AwsBillingError(
                f"{self.url(found.key)}: {path.stat().st_size} bytes came of {found.size}; run it again"
            )

    @contextmanager
    def _open(self, found: S3Object) -> Iterator[Any]:
        place = self.url(found.key)
        try:
            answer = self.s3.get_object(Bucket=self.name, Key=found.key, IfMatch=found.etag)
        except aws.ClientError as error:
            if _code(error) in ABSENT:
                raise AwsBillingError(f"{place}: gone since the bucket was listed; run it again") from error
            if _code(error) in {"PreconditionFailed", "412"}:
                raise AwsBillingError(f"{place}: changed since the bucket was listed; run it again") from error
            raise
        with closing(answer["Body"]) as body:  # entering the body itself would leave its check of the length out
            if answer["ETag"].strip('"') != found.etag:  # a store that doesn't know If-Match
                raise AwsBillingError(f"{place}: changed since the bucket was listed; run it again")
            yield body


@contextmanager
def explained(place: str, action: str, resource: str) -> Iterator[None]:
    """Turn what boto3 raises into an AwsBillingError with a remedy."""
    try:
        yield
    except (aws.BotoCoreError, aws.ClientError) as error:
        raise AwsBillingError(explain(error, place, action, resource)) from error


def explain(error: Exception, place: str, action: str, resource: str) -> str:
    """Say what an error of boto3 means at `place`, where `action` on `resource` was asked for, and what to do next."""
    if isinstance(error, aws.NoCredentialsError | aws.PartialCredentialsError | aws.CredentialRetrievalError):
        return (
            f"{place}: there are no AWS credentials here ({error}). Run `aws configure`, set AWS_PROFILE or the"
            " source's profile, or give this machine a role."
        )
    if isinstance(error, aws.TokenRetrievalError | aws.UnauthorizedSSOTokenError | aws.SSOTokenLoadError):
        return f"{place}: the sign-in to AWS has expired ({error}). Run `aws sso login` again."
    if isinstance(error, aws.ProfileNotFound):
        return f"{place}: {error}. Correct the source's profile in the cluster's file, or add it to AWS's settings."
    if isinstance(error, aws.NoRegionError):
        return f"{place}: no AWS region is known here. Give the source a region in the cluster's file."
    if not isinstance(error, aws.ClientError):
        return f"{place}: AWS could not be reached or did not answer ({error}). Try again later."
    code = _code(error)
    said = f"{code}: {error.response.get('Error', {}).get('Message', '')}".rstrip(": ")
    if code == "NoSuchBucket":
        return f"{place}: no such bucket. Correct the source's path in the cluster's file."
    if code in DENIED:
        return (
            f"{place}: access denied: {action} on {resource} is not allowed. Grant it to the caller. AWS says: {said}"
        )
    if code in REFUSED:
        return f"{place}: AWS did not accept the credentials ({said}). Renew them, or set the source's profile."
    if code in {"PermanentRedirect", "AuthorizationHeaderMalformed", "301", "IllegalLocationConstraintException"}:
        return f"{place}: the bucket is in another region ({said}). Give the source its region in the cluster's file."
    return f"{place}: AWS refused {action} ({said})."


def _code(error: aws.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
