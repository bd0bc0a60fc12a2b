"""BigQuery itself: what changed in a billing export, a month's rows as a Parquet file, its errors in plain words."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import google.auth.exceptions
import pyarrow.parquet as pq
import requests
from google.api_core import exceptions as api
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, bigquery_storage

from analytics import bigquery_export, bigquery_focus
from analytics.source import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    import pyarrow as pa

    from analytics.bigquery_export import Reading
    from terraform.fleet import BigQueryBilling

USD_PER_TIB = Decimal("6.25")  # BigQuery's on-demand list price in most regions
RETRY_SECONDS = 120.0
GRANTS = {
    "bigquery.jobs.create": ("roles/bigquery.jobUser", "project {project}"),
    "bigquery.readsessions.create": ("roles/bigquery.readSessionUser", "project {project}"),
    "bigquery.tables.get": ("roles/bigquery.dataViewer", "dataset {project}.{dataset}"),
    "bigquery.tables.getData": ("roles/bigquery.dataViewer", "dataset {project}.{dataset}"),
}


class BigQueryError(SourceError):
    """A billing export could not be read. Nothing was written of the month it happened in."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Clients of BigQuery. Without `storage` results come over REST, which is slower."""

    client: bigquery.Client
    storage: bigquery_storage.BigQueryReadClient | None
    retry_seconds: float = RETRY_SECONDS

    def run(self, sql: str, config: bigquery.QueryJobConfig) -> bigquery.QueryJob:
        """Start a query, trying again while the fault may pass."""
        retry = bigquery.DEFAULT_RETRY.with_timeout(self.retry_seconds)
        return self.client.query(sql, job_config=config, retry=retry, timeout=60)


@dataclass(frozen=True, slots=True)
class Month:
    """An invoice month as the export has it now. `first` and `last` are the partitions with rows of it."""

    period: str
    rows: int
    newest: datetime
    cost: Decimal
    first: date | datetime | None
    last: date | datetime | None

    @property
    def version(self) -> str:
        """The same text for as long as the export has the same rows of the month."""
        return f"{self.newest.astimezone(UTC).isoformat()} {self.rows} rows {self.cost.normalize():f}"


@contextmanager
def connect(source: BigQueryBilling) -> Iterator[Connection]:
    """Yield clients with the application default credentials, or anonymous for BIGQUERY_EMULATOR_HOST."""
    if os.environ.get("BIGQUERY_EMULATOR_HOST"):
        client = bigquery.Client(project=source.project, location=source.location, credentials=AnonymousCredentials())
        storage = None
    else:
        client = bigquery.Client(project=source.project, location=source.location)
        storage = bigquery_storage.BigQueryReadClient()
    try:
        yield Connection(client, storage)
    finally:
        client.close()
        if storage is not None:
            storage.transport.close()


def find_table(connection: Connection, source: BigQueryBilling) -> Reading:
    """Find the export's table (the detailed one before the standard one before FOCUS) and what it has. Raises BigQueryError."""
    account = source.billing_id.replace("-", "_")
    names = tuple(f"gcp_billing_export_{kind}_{account}" for kind in ("resource_v1", "v1", "focus"))
    if source.table:
        names = (source.table,)
    retry = bigquery.DEFAULT_RETRY.with_timeout(connection.retry_seconds)
    for name in names:
        try:
            table = connection.client.get_table(f"{source.project}.{source.dataset}.{name}", retry=retry, timeout=60)
        except api.NotFound:
            continue
        reading = bigquery_export.read(table, bigquery_focus.form_of(table))
        if reading.faults:
            raise BigQueryError(
                f"{reading.table}: not a billing export as Google makes them: {'; '.join(reading.faults)}. "
                "Let `table` name the export's own table, or a view with all its columns."
            )
        return reading
    raise BigQueryError(
        f"{source.project}.{source.dataset}: no table {' or '.join(names)}. Check project, dataset, billing_id and "
        "location in the cluster's file, and that the export is on (Billing → Billing export → Detailed usage cost, or "
        "FOCUS, which has a dataset of its own: gcp_billing_immutable_…); its first rows take some hours."
    )


def list_months(
    connection: Connection,
    source: BigQueryBilling,
    reading: Reading,
    months: Collection[str] | None,
    *,
    talk: Callable[[str], None],
) -> tuple[Month, ...]:
    """Ask the export which invoice months it has, oldest first. `months` (YYYY-MM) None: all."""
    wanted = sorted(month.replace("-", "") for month in months or ())
    config = bigquery.QueryJobConfig(
        query_parameters=[bigquery.ArrayQueryParameter("months", "STRING", wanted)],
        maximum_bytes_billed=source.maximum_bytes_billed,
    )
    found: list[Month] = []
    for row in connection.run(reading.months, config).result():
        if row.month is None or row.newest is None or not re.fullmatch(r"\d{6}", row.month):
            talk(f"{reading.table}: {row.row_count} rows have no invoice month or export time and are left out")
            continue
        period = f"{row.month[:4]}-{row.month[4:]}"
        cost = row.cost or Decimal(0)
        found.append(Month(period, row.row_count, row.newest, cost, row.first_partition, row.last_partition))
    for absent in sorted(set(months or ()) - {month.period for month in found}):
        talk(f"{source.id}: {absent}: the export has no rows")
    return tuple(found)


def stage(
    connection: Connection,
    source: BigQueryBilling,
    reading: Reading,
    month: Month,
    path: Path,
    *,
    talk: Callable[[str], None],
) -> None:
    """Write a month's rows to a Parquet file, batch by batch.

    Raises BigQueryError where it would scan more than the source's `maximum_bytes_billed`.
    """
    parameters = [
        bigquery.ScalarQueryParameter("month", "STRING", month.period.replace("-", "")),
        bigquery.ScalarQueryParameter("newest", "TIMESTAMP", month.newest),
        bigquery.ScalarQueryParameter("first", _kind(month.first), month.first),
        bigquery.ScalarQueryParameter("last", _kind(month.last), month.last),
    ]
    trial = bigquery.QueryJobConfig(query_parameters=parameters, dry_run=True, use_query_cache=False)
    size = connection.run(reading.rows, trial).total_bytes_processed or 0
    price = USD_PER_TIB * size / 2**40
    limit = source.maximum_bytes_billed
    talk(f"{source.id}: {month.period}: would scan {_gib(size)} ({price:.2f} USD at {USD_PER_TIB} USD a TiB)")
    if size > limit:
        raise BigQueryError(_beyond_limit(source, f"{month.period} would scan {_gib(size)}"))
    job = connection.run(reading.rows, bigquery.QueryJobConfig(query_parameters=parameters, maximum_bytes_billed=limit))
    writer: pq.ParquetWriter | None = None
    try:
        for batch in _batches(connection, source, job, talk=talk):
            if writer is None:
                writer = pq.ParquetWriter(path, batch.schema, compression="zstd")
            writer.write_batch(batch)
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise BigQueryError(f"{reading.table}: {month.period} was emptied while it was read; run it again")


def _batches(
    connection: Connection, source: BigQueryBilling, job: bigquery.QueryJob, *, talk: Callable[[str], None]
) -> Iterator[pa.RecordBatch]:
    """Stream a result through the Storage Read API, or over REST where that isn't there or not allowed."""
    if connection.storage is not None:
        started = False
        try:
            for batch in job.result().to_arrow_iterable(
                bqstorage_client=connection.storage, max_queue_size=2, max_stream_count=2
            ):
                started = True
                yield batch
        except (api.PermissionDenied, api.FailedPrecondition) as error:
            if started:
                raise
            talk(f"{source.id}: reading over REST, slower: {explain(source, error)}")
        else:
            return
    # Without an explicit None the library would make a Storage client of its own and dial out.
    yield from job.result().to_arrow_iterable(bqstorage_client=None)


def _kind(value: date | datetime | None) -> str:
    if isinstance(value, datetime):
        return "DATETIME" if value.tzinfo is None else "TIMESTAMP"
    return "TIMESTAMP" if value is None else "DATE"


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"


def _beyond_limit(source: BigQueryBilling, what: str) -> str:
    limit = source.maximum_bytes_billed
    return (
        f"{source.id}: {what}; its limit is {_gib(limit)}. "
        f"Raise maximum_bytes_billed (now {limit}) in the cluster's file."
    )


@contextmanager
def explained(source: BigQueryBilling) -> Iterator[None]:
    """Turn what the Google libraries raise into a BigQueryError with a remedy."""
    try:
        yield
    except (api.GoogleAPIError, google.auth.exceptions.GoogleAuthError, requests.RequestException) as error:
        raise BigQueryError(explain(source, error)) from error


def explain(source: BigQueryBilling, error: Exception) -> str:
    """Say what an error of the Google libraries means for `source`, and what to do next."""
    said = (error.message if isinstance(error, api.GoogleAPICallError) else str(error)).strip()
    text = re.sub(r"^(GET|POST) \S+: ", "", said.splitlines()[0]) if said else type(error).__name__
    if isinstance(error, google.auth.exceptions.DefaultCredentialsError):
        return (
            f"{source.id}: there are no Google credentials here. Run `gcloud auth application-default login`, "
            "or let GOOGLE_APPLICATION_CREDENTIALS name a service account's key file."
        )
    if isinstance(error, google.auth.exceptions.RefreshError | api.Unauthorized):
        return (
            f"{source.id}: Google did not accept the credentials ({text}). "
            "Run `gcloud auth application-default login` again."
        )
    if isinstance(error, api.Forbidden):
        return f"{source.id}: {_forbidden(source, error, text)}"
    if isinstance(error, api.NotFound):
        return f"{source.id}: {text}. Check project, dataset and location in the cluster's file."
    if "bytesBilledLimitExceeded" in str(error) or "exceeded limit for bytes billed" in text:
        return _beyond_limit(source, "the query would scan more than it may")
    if isinstance(error, api.ClientError):
        return f"{source.id}: BigQuery refused the query: {text}"
    return f"{source.id}: BigQuery could not be reached or did not answer ({text}). Try again later."


def _forbidden(source: BigQueryBilling, error: api.Forbidden, text: str) -> str:
    reasons = {fault.get("reason") for fault in error.errors or () if isinstance(fault, dict)}
    if reasons & {"quotaExceeded", "rateLimitExceeded", "billingNotEnabled"}:
        return f"{text}. Look at the quotas and the billing of project {source.project}, then try again."
    named = re.search(r"bigquery\.\w+\.\w+", text)
    permission = named.group() if named else "bigquery.tables.getData"
    role, place = GRANTS.get(permission, GRANTS["bigquery.tables.getData"])
    where = place.format(project=source.project, dataset=source.dataset)
    return f"no permission {permission} on {where}. Grant the caller {role} there. BigQuery says: {text}"
