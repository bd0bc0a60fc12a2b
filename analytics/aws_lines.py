"""The line items of Cost and Usage Report files as charges: DuckDB views, a step each, over files that lie in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from analytics import csv_files, gzip_parts
from analytics.aws_columns import COLUMNS, MEANT, NEEDED, SHARED, Keys, Layout, layout
from analytics.aws_s3 import AwsBillingError
from analytics.descriptions import Kinds
from analytics.engine import check_room, identifier, literal, sql

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from terraform.fleet import Labels

SERVICES = Path(__file__).parent / "aws_services.csv"
FOCUS_MARKS = frozenset({"BilledCost", "ChargePeriodStart"})  # no Cost and Usage Report has a column of these names
KNOWN_TYPES = frozenset(
    {
        *("Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanNegation"),
        *("Fee", "RIFee", "SavingsPlanUpfrontFee", "SavingsPlanRecurringFee"),
        *("Tax", "Credit", "Refund"),
    }
)


FOCUS_KINDS = Kinds("focus_kinds", ("x_TextKey", "x_TextCheck", "x_Unused"))
FIRST_ROWS = 20_000  # of a bill, by which most of its texts are known


@dataclass(frozen=True, slots=True)
class File:
    """A file of a bill, what people call it, and where its line items lie, taken apart."""

    place: str
    staged: tuple[Path, ...]

    @property
    def sql(self) -> str:
        """The list of those files, as SQL."""
        return f"[{', '.join(literal(str(path)) for path in self.staged)}]"


def is_focus(con: duckdb.DuckDBPyConnection, path: Path, place: str) -> bool:
    """Tell whether a file is a FOCUS export, by its columns."""
    return {name for name, _ in _columns(con, path, place)} >= FOCUS_MARKS


def start(con: duckdb.DuckDBPyConnection) -> None:
    """Make ready for the files of a bill; what was staged of another is forgotten."""
    con.execute(sql("aws/macros"))
    con.execute(
        "create or replace temp table aws_services as"
        f" from read_csv({literal(str(SERVICES))}, header = true, all_varchar = true)"
    )
    con.execute(f"create or replace temp table aws_regions as {sql('aws/regions')}")
    columns = ", ".join(f"{name} {kind}" for name, kind in SHARED.items())
    con.execute(f"create or replace temp table aws_texts (text_key ubigint, text_check ubigint, {columns})")


def stage(
    con: duckdb.DuckDBPyConnection, path: Path, place: str, labels: Labels, *, talk: Callable[[str], None]
) -> File:
    """Take a file's line items apart, once; `path` goes. Raises AwsBillingError, where in the file and what to do."""
    columns = _columns(con, path, place)
    read = _layout(path, columns, Keys(labels))
    if read.faults:
        raise AwsBillingError(
            f"{place}: not a bill as AWS exports it: {'; '.join(read.faults)}. Let the export have all columns"
        )
    target = path.parent / f"{path.name.split('.')[0]}.lines"
    target.mkdir()
    try:
        # A gzip on its own would be read by one core only.
        whole = (path,) if path.suffix != ".gz" else gzip_parts.parts(path, target)
        for number, part in enumerate(whole):
            source = _source(part, len(columns), header=part is path)
            if number == 0 and _is_empty(con, "aws_texts"):
                _stage(con, f"(from {source} limit {FIRST_ROWS})", read, target / "first.parquet")
                (target / "first.parquet").unlink()
            _stage(con, source, read, target / f"{number}.parquet")
    except (duckdb.DataError, duckdb.InvalidInputException, duckdb.IOException, gzip_parts.CutError) as error:
        check_room(error)
        raise _fault(con, path, place, columns, labels, error) from error
    path.unlink()
    file = File(place, tuple(sorted(target.glob("*.parquet"))))
    if file.staged:  # else it has a header and no rows
        _check_types(con, file, read, talk=talk)
    return file


def _stage(con: duckdb.DuckDBPyConnection, source: str, read: Layout, target: Path) -> None:
    """Write the line items of `source` to a file, and their texts to `aws_texts`."""
    lines = sql("aws/stage").format(source=source, **read.parts())
    con.execute(f"copy ({lines}) to {literal(str(target))} (format parquet, compression lz4_raw)")
    types = ", ".join(f'"{name}": "{kind}"' for name, kind in SHARED.items())
    con.execute(sql("aws/new_texts").format(types=types, files=literal(str(target))))


def create_view(con: duckdb.DuckDBPyConnection, files: Sequence[File], labels: Labels) -> None:
    """Create the views `focus` and `focus_kinds` over the line items of `files`, as `charges.deliver` takes them."""
    con.execute("set variable aws_has_net = false")
    con.execute(sql("aws/descriptions"))
    staged = File("", tuple(path for file in files for path in file.staged)).sql
    lines = sql("aws/lines").format(files=staged)
    con.execute(f"create or replace temp view aws_lines as {lines}")
    net = con.execute(f"select count(*) from read_parquet({staged}) where is_net").fetchall()
    con.execute("set variable aws_has_net = $1", [net != [(0,)]])
    _load_tags(con, labels)
    con.execute(f"create or replace temp view aws_costs as {sql('aws/costs')}")
    con.execute(sql("aws/plans"))
    billed = "from aws_costs" if _is_empty(con, "aws_plans") else sql("aws/netted")
    con.execute(f"create or replace temp view aws_billed as {billed}")
    con.execute(sql("aws/splits"))
    parts = ["whole", "unused"] if _is_empty(con, "aws_splits") else ["whole", "unused", "parts"]
    unsplit = sql("aws/unsplit") if "parts" in parts else "from aws_billed"
    con.execute(f"create or replace temp view aws_unsplit as {unsplit}")
    union = " union all by name ".join(f"({sql(f'aws/{part}')})" for part in parts)
    con.execute(f"create or replace temp view aws_entries as {union}")
    months = " ".join(
        f"when period_start = timestamptz '{start}' then '{month}'"
        for start, month in con.execute(sql("aws/periods")).fetchall()
    )
    focus = sql("aws/focus").replace("{months}", months or "when false then ''")
    for view, entries in (("focus", "aws_entries"), (FOCUS_KINDS.view, f"({sql('aws/kinds')})")):
        con.execute(f"create or replace temp view {view} as {focus.replace('{entries}', entries)}")


def check(con: duckdb.DuckDBPyConnection, source: str, *, talk: Callable[[str], None]) -> tuple[str, ...]:
    """Make sure that what is to be delivered is what came; return the billing periods."""
    periods: set[str] = set()
    for payer, period, currencies, arrived, delivered in con.execute(sql("aws/check")).fetchall():
        if len(currencies) != 1:
            raise AwsBillingError(
                f"{source}: {period}: account {payer} is billed in {' and '.join(map(str, currencies))}: AWS bills a"
                " payer's month in one currency; look for files of another account below the path"
            )
        if arrived != delivered:
            raise AwsBillingError(
                f"{source}: {period}: {arrived} {currencies[0]} came, {delivered} would be delivered: report this"
            )
        talk(f"{source}: {period}: {arrived:.2f} {currencies[0]}")
        periods.add(str(period))
    return tuple(sorted(periods))


def _columns(con: duckdb.DuckDBPyConnection, path: Path, place: str) -> list[tuple[str, str]]:
    try:
        if path.suffix != ".parquet":
            return [(name, "TEXT") for name in csv_files.header(path, csv_files.Dialect())]
        described = con.execute(f"describe from read_parquet({literal(str(path))}, binary_as_string = true)")
        return [(row[0], row[1]) for row in described.fetchall()]
    except (csv_files.CsvError, duckdb.Error) as error:
        raise AwsBillingError(
            f"{place}: {_told(error, path, place)}; the file is damaged or not what its name says"
        ) from error


def _source(path: Path, width: int, *, header: bool = True) -> str:
    """Return the SQL that reads a file; the columns of a CSV are called c0, c1 …, as two may have one name."""
    if path.suffix == ".parquet":
        return f"read_parquet({literal(str(path))}, binary_as_string = true, hive_partitioning = false)"
    types = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(width))
    return (
        f"read_csv({literal(str(path))}, columns = {{{types}}}, auto_detect = false, header = {str(header).lower()}, delim = ',',"
        f" quote = '\"', escape = '\"', nullstr = '', max_line_size = {csv_files.LONGEST}, strict_mode = true,"
        f" compression = '{'gzip' if path.suffix == '.gz' else 'none'}')"
    )


def _layout(path: Path, columns: Sequence[tuple[str, str]], keys: Keys) -> Layout:
    if path.suffix == ".parquet":
        return layout([(name, identifier(name), kind) for name, kind in columns], keys)
    return layout([(name, f"c{index}", kind) for index, (name, kind) in enumerate(columns)], keys)


def _check_types(con: duckdb.DuckDBPyConnection, file: File, read: Layout, *, talk: Callable[[str], None]) -> None:
    """Make sure that the columns are there which a line item's effective cost needs, and say what is not known."""
    found = con.execute(sql("aws/line_types").format(files=file.sql)).fetchall()
    for line_type, count in found:
        for column in COLUMNS:
            if column.name in NEEDED.get(line_type, ()) and not read.sources[column.name]:
                raise AwsBillingError(
                    f"{file.place}: column {column.origins[-1]} is missing, which {line_type} lines need."
                    " Let the export have all columns"
                )
        if line_type not in KNOWN_TYPES and not str(line_type).endswith("Discount"):
            talk(f"{file.place}: {count} line items of the unknown type {line_type} count as adjustments")


def _load_tags(con: duckdb.DuckDBPyConnection, labels: Labels) -> None:
    """Find out what the tags are that the line items have."""
    keys = Keys(labels)
    con.execute(sql("aws/tag_texts"))
    ranks = {key.lower(): rank for rank, key in enumerate(labels.namespace)}
    con.execute("create or replace temp table aws_keys (raw text, key text, namespace_rank integer)")
    for (raw,) in con.execute("select distinct unnest(json_keys(text)) from aws_tag_texts").fetchall():
        if key := keys.key(raw):
            con.execute("insert into aws_keys values (?, ?, ?)", [raw, key, ranks.get(key.lower())])
    con.execute(sql("aws/tags"))
    split = "aws:eks:namespace"  # what AWS itself says a namespace with
    con.execute(
        "set variable aws_namespace_key = $1", [split if split in ranks else next(iter(labels.namespace), split)]
    )


def _is_empty(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    return con.execute(f"select count(*) from {table}").fetchall() == [(0,)]


def _fault(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    place: str,
    columns: Sequence[tuple[str, str]],
    labels: Labels,
    error: Exception,
) -> AwsBillingError:
    """Find out what of a file can't be read: a row of a CSV that is cut, or a value that is not what its column holds."""
    if path.suffix != ".parquet":
        texts = path.parent / "texts.parquet"
        names = [f"c{index}" for index in range(len(columns))]
        try:
            csv_files.stage(con, path, texts, csv_files.Dialect(), names)
        except csv_files.CsvError as cut:
            return AwsBillingError(f"{place}: {cut}; the file is damaged: have it delivered again")
    else:
        texts = path
    read = _layout(path, columns, Keys(labels))
    called = {f"c{index}": name for index, (name, _) in enumerate(columns)}
    for column in COLUMNS:
        for source, kind in read.sources[column.name] if column.kind in ("money", "time") else ():
            alone = Layout({column.name: [(source, kind)]}, "", ()).typed(column)
            try:
                found = con.execute(
                    f"select file_row_number + 1, left(cast({source} as varchar), 40)"
                    f" from read_parquet({literal(str(texts))}, binary_as_string = true)"
                    f" where {source} is not null and cast({source} as varchar) not in ('', 'None') and try({alone}) is null"
                    " order by 1 limit 1"
                ).fetchall()
            except duckdb.Error as unreadable:
                said = _told(unreadable, texts, place)
                return AwsBillingError(f"{place}: {said}; the file is damaged: have it delivered again")
            for row, value in found:
                name = called.get(source, source.strip('"'))
                return AwsBillingError(
                    f"{place}, row {row}: {name}: {value!r} is not {MEANT.get(column.kind, 'a number')}"
                )
    return AwsBillingError(f"{place}: {_told(error, path, place)}; have it delivered again")


def _told(error: Exception, path: Path, place: str) -> str:
    """Return the first line of a library's message, under the file's own name."""
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    return text.replace(str(path), place)
