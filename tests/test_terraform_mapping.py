"""Mappings in a fleet's files: what they may say, and every fault by file, line and key."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from terraform.fleet import MappedBilling
from terraform.fleet_files import FleetError, load
from terraform.fleet_schema import json_schema
from terraform.mapping import Days, LeftOut, Mapping, Numbers, Origin, Period
from tests.fixtures_fleet import write

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "mappings"
CLUSTER = "name: atoll\nprovider: kubeconfig\nbilling: {source: mapped, path: bills/*.csv, mapping: vendor}\n"
COLUMNS = """\
columns:
  InvoiceIssuerName: {constant: Vendor}
  BillingAccountId: Account
  BillingCurrency: {constant: EUR}
  BilledCost: Cost
  ChargeCategory: {constant: Usage}
  ServiceName: Service
"""
WHOLE = COLUMNS + "period: {column: Month, format: '%Y-%m'}\n"


def fleet(folder: Path, mapping: str, cluster: str = CLUSTER) -> Path:
    return write(folder, {"clusters/atoll/cluster.yaml": cluster, "mappings/vendor.yaml": mapping})


def read(folder: Path, mapping: str) -> Mapping:
    (source,) = load(fleet(folder, mapping)).clusters[0].billing
    assert isinstance(source, MappedBilling)
    return source.mapping


def test_a_source_names_its_mapping_and_its_path_is_from_its_file(tmp_path: Path) -> None:
    (source,) = load(fleet(tmp_path, WHOLE)).clusters[0].billing
    assert isinstance(source, MappedBilling)
    assert source.path == str(tmp_path / "clusters/atoll/bills/*.csv")
    assert source.id == f"mapped:{source.path}"
    assert source.mapping.name == "vendor"
    assert dict(source.mapping.columns)["BillingAccountId"] == Origin(("Account",))


def test_a_mapping_may_stand_in_the_cluster_s_file(tmp_path: Path) -> None:
    inline = "".join(f"    {line}\n" for line in WHOLE.splitlines())
    cluster = CLUSTER.replace(
        "billing: {source: mapped, path: bills/*.csv, mapping: vendor}\n",
        f"billing:\n  source: mapped\n  name: chargeback\n  path: bills/*.csv\n  mapping:\n{inline}",
    )
    (source,) = load(fleet(tmp_path, WHOLE, cluster)).clusters[0].billing
    assert isinstance(source, MappedBilling)
    assert source.id == "mapped:chargeback"
    assert source.mapping.period == Period("%Y-%m", "Month")


def test_every_transformation_is_a_value(tmp_path: Path) -> None:
    mapping = read(
        tmp_path,
        """\
csv: {delimiter: "\\t", quote: "'", encoding: latin1, skip_rows: 2, empty: "-"}
numbers: {decimal: ",", thousands: " "}
dates: {format: "%d/%m/%Y", timezone: Europe/Paris}
period: {file: 'bill-(\\d{6})', format: "%Y%m"}
leave_out: [{column: Kind, matches: ^Total}]
final: true
columns:
  InvoiceIssuerName: {constant: Vendor}
  BillingAccountId: {column: [Department, Fund], separator: "-"}
  BillingCurrency: {column: Currency, extract: '([A-Z]{3})'}
  BilledCost: {column: Units, times: 0.00347, numbers: {decimal: .}}
  ListCost: {column: Units, times: -1, times_column: Rate}
  ChargeCategory: {column: Kind, values: {Conso: Usage}, otherwise: Adjustment}
  ServiceName: Service
  ChargePeriodStart: {column: From, format: "%Y%m%d"}
  ChargePeriodEnd: {column: To, inclusive: true}
tags:
  hub-name: {column: Project, extract: '^hub-(.*)$'}
""",
    )
    columns = dict(mapping.columns)
    assert (mapping.delimiter, mapping.quote, mapping.encoding, mapping.skip_rows) == ("\t", "'", "iso8859-1", 2)
    assert (mapping.numbers, mapping.days) == (Numbers(",", " "), Days("%d/%m/%Y", "Europe/Paris"))
    assert (mapping.period, mapping.empty, mapping.final) == (Period("%Y%m", None, "bill-(\\d{6})"), ("-",), True)
    assert mapping.left_out == (LeftOut("Kind", "^Total"),)
    assert columns["BillingAccountId"] == Origin(("Department", "Fund"), separator="-")
    assert columns["BilledCost"] == Origin(("Units",), times=Decimal("0.00347"), numbers=Numbers())
    assert columns["ListCost"].all_columns == ("Units", "Rate")
    assert columns["ChargeCategory"] == Origin(("Kind",), values=(("Conso", "Usage"),), otherwise="Adjustment")
    assert columns["ChargePeriodStart"] == Origin(("From",), format="%Y%m%d")
    assert columns["ChargePeriodEnd"] == Origin(("To",), inclusive=True)
    assert dict(mapping.tags)["hub-name"] == Origin(("Project",), extract="^hub-(.*)$")


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        (
            WHOLE.replace("  BilledCost: Cost\n", ""),
            ":1: columns.BilledCost: is missing: add it (What the invoice says)",
        ),
        (WHOLE.replace("BilledCost", "BiledCost"), ":5: columns.BiledCost: is not known: did you mean 'BilledCost'?"),
        (WHOLE + "colums: {}\n", ":9: colums: is not known"),
        (COLUMNS, "nothing says which month a line is billed in: give period, or map ChargePeriodStart"),
        (WHOLE + "csv: {delimiter: ';;'}\n", ":9: csv.delimiter: ';;'"),
        (WHOLE + "csv: {encoding: utf-nine}\n", ":9: csv.encoding: 'utf-nine' is not an encoding"),
        (WHOLE + "csv: {skip_rows: -1}\n", ":9: csv.skip_rows: '-1' is out of range: give at least 0"),
        (WHOLE + "csv: {delimitr: ;}\n", ":9: csv.delimitr: is not known: did you mean 'delimiter'?"),
        (WHOLE + "numbers: {decimal: ';'}\n", ":9: numbers.decimal: ';' is none of"),
        (WHOLE + "numbers: {decimal: ',', thousands: ','}\n", ":9: numbers: decimal and thousands are both ','"),
        (WHOLE + "dates: {format: 'DD/MM/YYYY'}\n", ":9: dates.format: 'DD/MM/YYYY' has no year and month"),
        (WHOLE + "dates: {format: '%Q'}\n", ":9: dates.format: '%Q' is not a format of dates"),
        (WHOLE + "dates: {timezone: Paris}\n", ":9: dates.timezone: 'Paris' is not a time zone"),
        (WHOLE.replace("column: Month", "column: Month, file: '(x)'"), ":8: period: give column or file"),
        (WHOLE.replace("column: Month", "file: 'x'"), ":8: period.file: 'x' has no group"),
        (WHOLE.replace("Cost\n", "{column: Cost, constant: 1}\n"), ":5: columns.BilledCost: give column or constant"),
        (
            WHOLE.replace("Cost\n", "{column: Cost, times: much}\n"),
            ":5: columns.BilledCost.times: 'much' is not a number",
        ),
        (
            WHOLE.replace("Cost\n", "{column: Cost, time: 2}\n"),
            "columns.BilledCost.time: is not known: did you mean 'times'?",
        ),
        (
            WHOLE.replace("Cost\n", "{column: Cost, times: 2, times_column: Rate}\n"),
            ":5: columns.BilledCost: times is 2 and times_column is given",
        ),
        (
            WHOLE.replace("{constant: Usage}", "{constant: Use}"),
            ":6: columns.ChargeCategory: 'Use' is none of Usage, Purchase",
        ),
        (
            WHOLE.replace("{constant: Usage}", "{column: Kind, values: {Conso: usage}}"),
            ":6: columns.ChargeCategory: 'usage' is none of Usage, Purchase",
        ),
        (
            WHOLE.replace("Service\n", "{column: S, extract: '(a'}\n"),
            ":7: columns.ServiceName.extract: '(a' is not a regular",
        ),
        (
            WHOLE.replace("Service\n", "{column: S, extract: 'a'}\n"),
            ":7: columns.ServiceName.extract: 'a' has no group",
        ),
        (WHOLE.replace("Service\n", "{column: S, extract: '(a)(b)'}\n"), "'(a)(b)' has 2 groups"),
        (WHOLE.replace("Service\n", "{column: S, extract: '(?<=x)(a)'}\n"), "looks around or back"),
        (WHOLE + "leave_out: [{column: A}]\n", ":9: leave_out[0].matches: is missing"),
        (WHOLE + "tags: {hub-name: {colum: A}}\n", "tags.hub-name.colum: is not known: did you mean 'column'?"),
        (COLUMNS + "  ChargePeriodStart: From\n", "ChargePeriodStart and ChargePeriodEnd belong together"),
    ],
)
def test_a_fault_is_named_by_file_line_and_key(tmp_path: Path, mapping: str, said: str) -> None:
    with pytest.raises(FleetError) as caught:
        load(fleet(tmp_path, mapping))
    assert str(caught.value).startswith(f"{tmp_path / 'mappings/vendor.yaml'}:")
    assert said in str(caught.value)


def test_a_mapping_that_is_not_there_is_a_fault_of_who_names_it(tmp_path: Path) -> None:
    with pytest.raises(FleetError) as caught:
        load(fleet(tmp_path, WHOLE, CLUSTER.replace("vendor", "vendr")))
    assert "cluster.yaml:3: billing.mapping: there is no" in str(caught.value)
    assert "vendr.yaml: did you mean 'vendor'?" in str(caught.value)


def test_a_fault_of_a_mapping_in_the_cluster_s_file_has_that_file_s_line(tmp_path: Path) -> None:
    cluster = CLUSTER.replace("mapping: vendor", "mapping: {columns: {BilledCost: Cost}, periode: x}")
    with pytest.raises(FleetError) as caught:
        load(fleet(tmp_path, WHOLE, cluster))
    text = str(caught.value)
    assert "cluster.yaml:3: billing.mapping.columns.BillingCurrency: is missing" in text
    assert "cluster.yaml:3: billing.mapping.periode: is not known: did you mean 'period'?" in text


def test_a_mapping_under_another_suffix_is_not_passed_over(tmp_path: Path) -> None:
    folder = write(fleet(tmp_path, WHOLE), {"mappings/other.yml": WHOLE})
    with pytest.raises(FleetError, match=r"mappings/other\.yml: is not read under this name: call it other\.yaml"):
        load(folder)


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_schema_takes_the_examples(example: Path) -> None:
    content = json.loads(json.dumps(YAML(typ="safe").load(example.read_text(encoding="utf-8"))))
    schema = json_schema("mapping")
    jsonschema.validate(content, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**content, "colums": {}}, schema)
