"""Our rules find what others' rules find: focus-data-toolkit's linter and the FinOps Foundation's validator."""

from __future__ import annotations

import csv
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from analytics.focus_rules import RULES
from analytics.validate import validate_files
from tests.fixtures_focus import rule_bugs
from tests.focus_mutations import MUTATIONS, USAGE, Mutation, mutate, write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_focus import Toolkit, Validator

PROVIDERS = ("aws", "azure", "gcp")

# What we find and focus-data-toolkit doesn't: rules of FOCUS that its linter says nothing of (its docstring lists what it does check).
ONLY_OURS = {
    "AllocatedMethodDetails-method": "it looks at AllocatedMethodDetails alone",
    "AllocatedResourceId-method": "it checks split charges by x_SplitOriginId only",
    "AllocatedTags-method": "it looks at AllocatedTags alone",
    "BillingPeriodEnd-order": "no order of periods",
    "CapacityReservationStatus-id": "no rule on capacity reservations but their allowed values",
    "CapacityReservationStatus-no-id": "no rule on capacity reservations but their allowed values",
    "ChargePeriodEnd-order": "no order of periods",
    "CommitmentDiscountCategory-id": "no co-nullness with CommitmentDiscountId",
    "CommitmentDiscountName-no-id": "no co-nullness with CommitmentDiscountId",
    "CommitmentDiscountQuantity-id": "no co-nullness with CommitmentDiscountId",
    "CommitmentDiscountStatus-id": "no co-nullness with CommitmentDiscountId",
    "CommitmentDiscountType-id": "no co-nullness with CommitmentDiscountId",
    "ConsumedQuantity-given": "what consumption is missing is not asked",
    "PricingQuantity-given": "a quantity is not asked for, only prices and SKUs",
    "RegionName-id": "no co-nullness with RegionId",
    "ResourceType-id": "no co-nullness with ResourceId",
    "ServiceName-category": "rows are not compared with each other",
    "SkuPriceId-parent": "rows are not compared with each other",
    "SubAccountName-id": "no co-nullness with SubAccountId",
    "SubAccountType-id": "no co-nullness with SubAccountId",
}
# The other way round.
ONLY_THEIRS = {
    "ConsumedUnit": "told beside ConsumedQuantity; FOCUS asks only that the unit be null where the quantity is"
}

QUARTER = '{"Elements": [{"AllocatedRatio": 0.25}]}'
SPLIT = {  # changes to one part of a split charge, the toolkit's code, our rule
    "ratios that come to less": ({"AllocatedMethodDetails": QUARTER}, "FDT-ALLOC-001", "AllocatedMethodDetails-sum"),
    "a cost that isn't the charge's": ({"BilledCost": "-1000"}, "FDT-ALLOC-002", "BilledCost-sum"),
    "another method": ({"AllocatedMethodId": "by hand"}, "FDT-ALLOC-003", "AllocatedMethodId-one"),
    "no ratio": ({"AllocatedMethodDetails": ""}, "FDT-ALLOC-005", "AllocatedMethodDetails-incomplete"),
}


@pytest.mark.parametrize("version", ["1.2", "1.3", "1.4"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_the_toolkit_generates_conforms(
    focus_toolkit: Toolkit, tmp_path: Path, provider: str, version: str
) -> None:
    file = focus_toolkit.generate(provider, version, tmp_path)
    found = validate_files(str(file))
    assert (found.version, found.rows, found.violations) == (version, 300, ())
    if version == "1.4":
        assert focus_toolkit.lint(file) == (set(), set())


@pytest.fixture(scope="session")
def differences(
    focus_toolkit: Toolkit, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, set[str]], set[str], set[str]]:
    """Return what we alone find in mutated rows (rule: mutations), what they alone do (columns), and the mutations made."""
    ours_alone: dict[str, set[str]] = defaultdict(set)
    theirs_alone: set[str] = set()
    made: set[str] = set()
    for provider in PROVIDERS:
        folder = tmp_path_factory.mktemp(provider)
        target = folder / "mutated.csv"
        names = mutate(focus_toolkit.generate(provider, "1.4", folder), target)
        theirs, _ = focus_toolkit.lint(target)
        ours = {
            (place.row, violation.rule.columns[0]): violation.rule.id
            for violation in validate_files(str(target), version="1.4", most=1000).violations
            if violation.rule.level == "must"
            for place in violation.places
        }
        for (row, column), rule in ours.items():
            if (row, column) not in theirs:
                ours_alone[rule].add(names[row or 0])
        theirs_alone |= {column for row, column in theirs if (row, column) not in ours}
        made |= set(names.values())
        told = {row for row, _ in ours} | {row for row, _ in theirs}
        assert told == {row for row, name in names.items() if name != "a capital E is right"}
    return ours_alone, theirs_alone, made


def test_every_mutation_is_made(differences: tuple[dict[str, set[str]], set[str], set[str]]) -> None:
    assert differences[2] == set(MUTATIONS)


def test_both_find_the_same_but_for_what_is_listed(differences: tuple[dict[str, set[str]], set[str], set[str]]) -> None:
    ours_alone, theirs_alone, _ = differences
    assert {rule: sorted(names) for rule, names in ours_alone.items() if rule not in ONLY_OURS} == {}
    assert theirs_alone == set(ONLY_THEIRS)
    assert set(ONLY_OURS) == set(ours_alone)  # nothing is listed that isn't so


def test_the_foundations_validator_finds_nothing_of_our_rules_that_we_dont(
    focus_validator: Validator, focus_toolkit: Toolkit, tmp_path: Path
) -> None:
    later = {
        name for name, mutation in MUTATIONS.items() if any(key.startswith("Allocated") for key in mutation.changes)
    }
    target = tmp_path / "mutated.csv"
    mutate(
        focus_toolkit.generate("gcp", "1.2", tmp_path), target, {n: m for n, m in MUTATIONS.items() if n not in later}
    )
    with RULES.open(newline="", encoding="utf-8") as file:
        references = {row["reference"] for row in csv.DictReader(file)}
    ours = {violation.rule.reference for violation in validate_files(str(target), version="1.2").violations}
    theirs = {rule.rpartition("-")[0] for rule in focus_validator.judge(target).failed}
    bugs = {rule.rpartition("-")[0] for rule in rule_bugs()}
    assert len(theirs & references) > 25
    assert (theirs & references) - bugs <= ours


@pytest.mark.parametrize("name", SPLIT)
def test_a_split_charge_is_judged_as_the_toolkit_does(focus_toolkit: Toolkit, tmp_path: Path, name: str) -> None:
    changes, code, rule = SPLIT[name]
    with focus_toolkit.generate("aws", "1.4", tmp_path, rows=100).open(newline="", encoding="utf-8") as file:
        row = next(row for row in csv.DictReader(file) if row["ChargeCategory"] == "Usage" and row["BilledCost"] > "0")
    whole = row | {"BilledCost": "10", "AllocatedMethodId": "by use", "x_SplitOriginId": "7", "x_SplitOriginCost": "10"}
    parts = [
        whole | {
            "BilledCost": cost, "AllocatedResourceId": hub, "AllocatedResourceName": "", "AllocatedTags": "",
            "AllocatedMethodDetails": f'{{"Elements": [{{"AllocatedRatio": {ratio}}}]}}',
        }
        for hub, cost, ratio in (("reef", "6.000000000001", "0.6"), ("atoll", "3.999999999999", "0.4"))
    ]  # fmt: skip
    write(tmp_path / "whole.csv", parts)
    assert focus_toolkit.lint(tmp_path / "whole.csv")[1] == set()
    assert validate_files(str(tmp_path / "whole.csv")).violations == ()
    write(tmp_path / "broken.csv", [parts[0], parts[1] | changes])
    assert focus_toolkit.lint(tmp_path / "broken.csv")[1] == {(code, "7")}
    broken = [
        violation
        for violation in validate_files(str(tmp_path / "broken.csv")).violations
        if violation.rule.level == "must"
    ]
    assert [(each.rule.id, [place.values["x_SplitOriginId"] for place in each.places]) for each in broken] == [
        (rule, ["7"])
    ]


def test_a_mutation_without_a_fault_is_none(focus_toolkit: Toolkit, tmp_path: Path) -> None:
    file = focus_toolkit.generate("azure", "1.4", tmp_path)
    mutate(file, tmp_path / "same.csv", {"nothing": Mutation({}, USAGE)})
    assert validate_files(str(tmp_path / "same.csv")).violations == ()
