"""What can be wrong with a Cost and Usage row: a change to a row that conforms, and to which kind of row it is made."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Mutation:
    """`changes` to a row that has all of `where` ("*": any value)."""

    changes: Mapping[str, str]
    where: Mapping[str, str]


USAGE = {
    "ChargeCategory": "Usage",
    "ChargeClass": "",
    "SkuPriceId": "*",
    "CommitmentDiscountId": "",
    "ConsumedQuantity": "*",
}
TAX = {"ChargeCategory": "Tax"}
PURCHASE = {"ChargeCategory": "Purchase", "CommitmentDiscountId": "*"}
USED = {"CommitmentDiscountStatus": "Used", "CommitmentDiscountQuantity": "*"}
UNUSED = {"CommitmentDiscountStatus": "Unused"}

MUTATIONS: dict[str, Mutation] = {
    "no cost": Mutation({"BilledCost": ""}, USAGE),
    "a cost in words": Mutation({"BilledCost": "12,50"}, USAGE),
    "a plus sign": Mutation({"EffectiveCost": "+1.5"}, USAGE),
    "a capital E is right": Mutation({"x_Note": "35.2E-7"}, USAGE),
    "no account": Mutation({"BillingAccountId": ""}, USAGE),
    "no issuer": Mutation({"InvoiceIssuerName": ""}, USAGE),
    "an unknown currency": Mutation({"BillingCurrency": "XQX"}, USAGE),
    "a time without Z": Mutation({"ChargePeriodStart": "2001-01-01T00:00:00"}, USAGE),
    "a day that isn't": Mutation({"ChargePeriodStart": "2001-02-30T00:00:00Z"}, USAGE),
    "no time": Mutation({"BillingPeriodStart": ""}, USAGE),
    "an end before the start": Mutation({"ChargePeriodEnd": "2001-01-01T00:00:00Z"}, USAGE),
    "a month that ends first": Mutation({"BillingPeriodEnd": "2001-01-01T00:00:00Z"}, USAGE),
    "an unknown category": Mutation({"ChargeCategory": "Refund"}, {**USAGE, "CommitmentDiscountId": ""}),
    "an unknown class": Mutation({"ChargeClass": "Late"}, USAGE),
    "an unknown frequency": Mutation({"ChargeFrequency": "Monthly"}, USAGE),
    "no frequency": Mutation({"ChargeFrequency": ""}, USAGE),
    "a purchase by usage": Mutation({"ChargeFrequency": "Usage-Based"}, PURCHASE),
    "an unknown service category": Mutation({"ServiceCategory": "Clouds"}, USAGE),
    "an unknown subcategory": Mutation({"ServiceSubcategory": "Clouds"}, USAGE),
    "a subcategory of another": Mutation({"ServiceSubcategory": "Bots"}, USAGE),
    "an unknown pricing category": Mutation({"PricingCategory": "Spot"}, USAGE),
    "a cost that is no product": Mutation({"ListCost": "123456.5"}, USAGE),
    "a contracted cost that is no product": Mutation({"ContractedCost": "123456.5"}, USAGE),
    "a negative price": Mutation({"ListUnitPrice": "-0.5"}, USAGE),
    "a price of a tax": Mutation({"ListUnitPrice": "0.5"}, TAX),
    "a SKU of a tax": Mutation({"SkuId": "A", "SkuMeter": "A"}, TAX),
    "a SKU price of a tax": Mutation({"SkuPriceId": "A"}, TAX),
    "a pricing category of a tax": Mutation({"PricingCategory": "Standard"}, TAX),
    "a quantity of a tax": Mutation({"PricingQuantity": "1", "PricingUnit": "Hours"}, TAX),
    "a tax that is recognised otherwise": Mutation({"EffectiveCost": "0.000001"}, TAX),
    "no SKU": Mutation({"SkuId": "", "SkuMeter": ""}, USAGE),
    "no SKU price": Mutation({"SkuPriceId": "", "SkuPriceDetails": ""}, USAGE),
    "no list price": Mutation({"ListUnitPrice": ""}, USAGE),
    "no contracted price": Mutation({"ContractedUnitPrice": ""}, USAGE),
    "no pricing category": Mutation({"PricingCategory": ""}, USAGE),
    "no quantity": Mutation({"PricingQuantity": "", "PricingUnit": ""}, USAGE),
    "a unit of no quantity": Mutation({"PricingQuantity": ""}, USAGE),
    "a quantity of no unit": Mutation({"PricingUnit": ""}, USAGE),
    "a number as a unit": Mutation({"PricingUnit": "1000"}, USAGE),
    "nothing consumed": Mutation({"ConsumedQuantity": "", "ConsumedUnit": ""}, USAGE),
    "consumed in no unit": Mutation({"ConsumedUnit": ""}, USAGE),
    "a unit of nothing consumed": Mutation({"ConsumedQuantity": ""}, USAGE),
    "a tax that was consumed": Mutation({"ConsumedQuantity": "1", "ConsumedUnit": "Hours"}, TAX),
    "the unused consumed": Mutation({"ConsumedQuantity": "1", "ConsumedUnit": "Hours"}, UNUSED),
    "a commitment without a category": Mutation({"CommitmentDiscountCategory": ""}, USED),
    "a commitment without a type": Mutation({"CommitmentDiscountType": ""}, USED),
    "a commitment neither used nor not": Mutation({"CommitmentDiscountStatus": ""}, USED),
    "a commitment of no quantity": Mutation({"CommitmentDiscountQuantity": "", "CommitmentDiscountUnit": ""}, USED),
    "a commitment of no unit": Mutation({"CommitmentDiscountUnit": ""}, USED),
    "a commitment in no quantity": Mutation({"CommitmentDiscountQuantity": ""}, USED),
    "an unknown status": Mutation({"CommitmentDiscountStatus": "Expired"}, USED),
    "a commitment's name alone": Mutation({"CommitmentDiscountName": "Plan"}, USAGE),
    "an unknown reservation status": Mutation({"CapacityReservationId": "r", "CapacityReservationStatus": "Free"}, USAGE),
    "a reservation's status alone": Mutation({"CapacityReservationStatus": "Used"}, {**USAGE, "CapacityReservationId": ""}),
    "a reservation without a status": Mutation(
        {"CapacityReservationId": "r", "CapacityReservationStatus": ""}, {**USAGE, "CapacityReservationId": ""}
    ),
    "a region without a name": Mutation({"RegionName": ""}, {**USAGE, "RegionId": "*"}),
    "an account without a name": Mutation({"SubAccountName": ""}, {**USAGE, "SubAccountId": "*"}),
    "an account without a type": Mutation({"SubAccountType": ""}, {**USAGE, "SubAccountId": "*"}),
    "a resource without a type": Mutation({"ResourceType": ""}, {**USAGE, "ResourceId": "*"}),
    "tags that are a list": Mutation({"Tags": '["a"]'}, USAGE),
    "tags that are no JSON": Mutation({"Tags": "a=b"}, USAGE),
    "tags within tags": Mutation({"Tags": '{"a": {"b": "c"}}'}, USAGE),
    "a tag twice": Mutation({"Tags": '{"a": "1", "a": "2"}'}, USAGE),
    "details under a name of their own": Mutation({"SkuPriceDetails": '{"Colour": "red"}'}, USAGE),
    "a ratio above one": Mutation(
        {"AllocatedMethodId": "m", "AllocatedResourceId": "r", "AllocatedMethodDetails": '{"Elements": [{"AllocatedRatio": 1.5}]}'},
        USAGE,
    ),
    "no elements": Mutation({"AllocatedMethodId": "m", "AllocatedMethodDetails": '{"Elements": []}'}, USAGE),
    "a split without a method": Mutation({"AllocatedMethodId": "", "AllocatedResourceId": "r"}, USAGE),
}  # fmt: skip


def mutate(source: Path, target: Path, mutations: Mapping[str, Mutation] = MUTATIONS) -> dict[int, str]:
    """Write the rows of `source` with each mutation made to a row of its own; return the mutated row numbers' names.

    A mutation for which there is no row is left out.
    """
    with source.open(newline="", encoding="utf-8") as file:
        rows: list[Row] = list(csv.DictReader(file))
    made: dict[int, str] = {}
    for name, mutation in mutations.items():
        for number, row in enumerate(rows, 1):
            if number not in made and all(
                (row.get(column) or "") != "" if value == "*" else (row.get(column) or "") == value
                for column, value in mutation.where.items()
            ):
                rows[number - 1] = row | dict(mutation.changes)
                made[number] = name
                break
    write(target, rows)
    return made


def write(target: Path, rows: Iterable[Row]) -> None:
    """Write rows as CSV, with every column that any of them has."""
    every = list(rows)
    columns = list(dict.fromkeys(column for row in every for column in row))
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(every)
