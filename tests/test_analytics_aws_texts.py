"""The texts that AWS's line items share: kept once each, and given back to every line as they came."""

from __future__ import annotations

import gzip
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import aws_lines, engine, gzip_parts
from terraform.fleet import Labels
from tests.aws_bills import Line, Write, legacy_csv, line, modern_csv, modern_parquet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

LABELS = Labels()
COLUMNS = "ChargeDescription, SkuMeter, AvailabilityZone, InvoiceId, ResourceId, BilledCost"


def stage(con: duckdb.DuckDBPyConnection, folder: Path, files: Sequence[tuple[Write, Sequence[Line]]]) -> None:
    """Stage files of a bill, one after the other, and create the view of its charges."""
    aws_lines.start(con)
    staged = []
    for number, (write, lines) in enumerate(files):
        path = folder / f"{number}{'.parquet' if write is modern_parquet else '.csv.gz'}"
        path.write_bytes(write(lines))
        staged.append(aws_lines.stage(con, path, path.name, LABELS, talk=lambda _: None))
    aws_lines.create_view(con, staged, LABELS)
    aws_lines.check(con, "aws:reef", talk=lambda _: None)


@pytest.mark.parametrize("write", [modern_csv, modern_parquet, legacy_csv])
def test_a_text_that_comes_late_in_a_bill_is_as_it_was_written(tmp_path: Path, write: Write) -> None:
    odd = 'tier "über" 9\n\\u0041 {"a": [null]}, 日本 \t\x01 end'
    lines = [line("1", usage_type=f"USW2-DataTransfer-{number % 7}") for number in range(aws_lines.FIRST_ROWS + 400)]
    lines += [line("3", description=odd, availability_zone="", invoice_id="EUINREEF99")]
    with engine.connect() as con:
        stage(con, tmp_path, [(write, lines)])
        assert con.execute("select count(*) from aws_texts").fetchall() == [(8,)]
        late = con.execute(f"select {COLUMNS} from focus where InvoiceId = 'EUINREEF99'").fetchall()
        meters = con.execute("select SkuMeter, count(*) from focus group by all order by 1").fetchall()
    assert late == [(odd, "USW2-BoxUsage:r5.xlarge", None, "EUINREEF99", "i-0123456789abcdef0", Decimal(3))]
    assert sum(count for _, count in meters) == len(lines)
    assert [meter for meter, _ in meters][1:] == [f"USW2-DataTransfer-{number}" for number in range(7)]


def test_the_same_text_in_another_column_is_another_text(tmp_path: Path) -> None:
    """A file without a column has its other texts at other places; they are not taken for one another."""
    described, metered = line("1", description="Hour", usage_type=""), line("2", description="", usage_type="Hour")
    del described["line_item_usage_type"], metered["line_item_line_item_description"]
    with engine.connect() as con:
        stage(con, tmp_path, [(modern_csv, [described]), (modern_csv, [metered]), (modern_parquet, [metered])])
        found = con.execute("select ChargeDescription, SkuMeter, BilledCost from focus order by all").fetchall()
    assert found == [("Hour", "Hour", 2), ("Hour", "Hour", 2), ("Hour", "Usage", 1)]


def test_another_bill_s_texts_are_forgotten(tmp_path: Path) -> None:
    with engine.connect() as con:
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            stage(con, tmp_path / name, [(modern_csv, [line("1", description=name)])])
            assert con.execute("select ChargeDescription from focus").fetchall() == [(name,)]
            assert con.execute("select distinct ChargeDescription from focus_kinds where not x_Unused").fetchall() == [
                (name,)
            ]


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)


@settings(max_examples=25)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6), st.sampled_from([modern_csv, modern_parquet]))
def test_every_line_has_its_own_texts(
    tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str]], write: Write
) -> None:
    lines = [line(str(number + 1), description=a, sku=b) for number, (a, b) in enumerate(texts)]
    with engine.connect() as con:
        stage(con, tmp_path_factory.mktemp("bill"), [(write, lines)])
        found = con.execute("select ChargeDescription, SkuId from focus order by BilledCost").fetchall()
    assert found == texts


def test_a_row_longer_than_what_is_read_at_once_is_whole(tmp_path: Path) -> None:
    rows = [f'{number},"{"x" * length}\n"\n' for number, length in enumerate((3, 3 * gzip_parts.BUFFER, 5))]
    path = tmp_path / "0.csv.gz"
    path.write_bytes(gzip.compress(("a,b\n" + "".join(rows)).encode()))
    parts = [part.read_bytes().decode() for part in gzip_parts.parts(path, tmp_path, size=1)]
    assert "".join(parts) == "".join(rows)
    assert len(parts) > 1


@pytest.mark.parametrize("cut", [20, -20, -4])
def test_a_gzip_that_is_cut_off_is_told(tmp_path: Path, cut: int) -> None:
    packed = gzip.compress(b"a,b\n" + b"".join(b"%d,%d\n" % (n, n * n * 7919) for n in range(90_000)))
    path = tmp_path / "0.csv.gz"
    path.write_bytes(packed[:cut])
    with pytest.raises(gzip_parts.CutError, match="ends in the middle"):
        list(gzip_parts.parts(path, tmp_path))


def test_what_is_no_gzip_is_told(tmp_path: Path) -> None:
    path = tmp_path / "0.csv.gz"
    path.write_bytes(b"a,b\n" + 9 * b"1,2\n")
    with pytest.raises(gzip_parts.CutError, match="not gzip, or damaged"):
        list(gzip_parts.parts(path, tmp_path))
