"""The columns of AWS's Cost and Usage Report: which are read, how each export calls them, the SQL that reads one file.

The legacy report's CSV says `lineItem/UnblendedCost` where its Parquet and CUR 2.0 say `line_item_unblended_cost`; tags are
columns there (`resourceTags/user:hub-name`, `resource_tags_user_hub_name`) and a map here. Columns with people in them
(line_item_iam_principal, line_item_user_identifier) are never read.
https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from analytics.engine import literal, sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from terraform.fleet import Labels

# A quantity and a price are for information: one that doesn't fit is left out, where money that doesn't is an error.
TYPES = {
    "text": "varchar",
    "time": "timestamp",
    "money": "decimal(38, 12)",
    "quantity": "decimal(38, 12)",
    "price": "double",
}
MEANT = {"text": "text", "time": "a time as 2026-10-01T00:00:00Z"}
TEXTS = ("VARCHAR", "TEXT")  # a CSV's TEXT is null where it is blank, Parquet's VARCHAR may be blank
NUMBERS = ("money", "quantity", "price")
TAG_COLUMN = re.compile(r"resourceTags/(?P<csv>.+)|resource_tags_(?P<parquet>.+)")
TAG_MAPS = ("resource_tags", "tags")
OWNED = "kubernetes.io/cluster/"
FOREIGN = re.compile(r"(account_?tags?|user_?attributes?|cost_?categor(y|ies)|iam_?principals?)[/:]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is read: what it is called here, what it holds (TYPES), its names in the exports, the first of which wins."""

    name: str
    kind: str
    origins: tuple[str, ...]
    required: bool = False

    @property
    def type(self) -> str:
        """Its DuckDB type here."""
        return TYPES[self.kind]


def _columns(_kind: str, **origins: str) -> tuple[Column, ...]:
    """Columns of one type; a name that must be there ends in `!`."""
    return tuple(
        Column(name, _kind, tuple(said.rstrip("!").split()), required=said.endswith("!"))
        for name, said in origins.items()
    )


COLUMNS: tuple[Column, ...] = (
    *_columns(
        "text",
        payer="bill_payer_account_id!",
        payer_name="bill_payer_account_name",
        invoice="bill_invoice_id",
        bill_type="bill_bill_type",
        billing_entity="bill_billing_entity",
        invoicing_entity="bill_invoicing_entity",
        account="line_item_usage_account_id!",
        account_name="line_item_usage_account_name",
        legal_entity="line_item_legal_entity",
        line_type="line_item_line_item_type!",
        product_code="line_item_product_code!",
        usage_type="line_item_usage_type",
        zone="line_item_availability_zone",
        resource="line_item_resource_id",
        currency="line_item_currency_code!",
        description="line_item_line_item_description",
        tax_type="line_item_tax_type",
        product_name="product_product_name",
        region="product_region_code product_region",
        sku="product_sku",
        rate_code="pricing_rate_code pricing_rate_id",
        unit="pricing_unit",
        purchase_option="pricing_purchase_option",
        reservation="reservation_reservation_a_r_n reservation_reservation_arn",
        plan="savings_plan_savings_plan_a_r_n savings_plan_savings_plan_arn",
        parent="split_line_item_parent_resource_id",
    ),
    *_columns(
        "time",
        period_start="bill_billing_period_start_date!",
        period_end="bill_billing_period_end_date!",
        start_time="line_item_usage_start_date!",
        end_time="line_item_usage_end_date!",
    ),
    *_columns(
        "money",
        unblended="line_item_unblended_cost!",
        net_unblended="line_item_net_unblended_cost",
        reservation_cost="reservation_net_effective_cost reservation_effective_cost",
        unused_upfront="reservation_net_unused_amortized_upfront_fee_for_billing_period"
        " reservation_unused_amortized_upfront_fee_for_billing_period",
        unused_recurring="reservation_net_unused_recurring_fee reservation_unused_recurring_fee",
        plan_cost="savings_plan_net_savings_plan_effective_cost savings_plan_savings_plan_effective_cost",
        committed="savings_plan_total_commitment_to_date",
        used="savings_plan_used_commitment",
        split_cost="split_line_item_net_split_cost split_line_item_split_cost",
        unused_cost="split_line_item_net_unused_cost split_line_item_unused_cost",
    ),
    *_columns("quantity", amount="line_item_usage_amount"),
    *_columns(
        "price",
        unblended_rate="line_item_unblended_rate",
        list_cost="pricing_public_on_demand_cost",
        list_rate="pricing_public_on_demand_rate",
    ),
)
# What many line items share: a bill of millions has some thousands of these together, and they are kept once each.
SHARED = {
    **{
        each.name: each.type
        for each in COLUMNS
        if each.kind in ("text", "time") and each.name not in ("resource", "parent", "start_time", "end_time")
    },
    "resource_type": TYPES["text"],
}
# What a line item's effective cost is made of: without the column the line can't be read.
NEEDED = {
    "SavingsPlanCoveredUsage": ("plan_cost",),
    "SavingsPlanRecurringFee": ("committed", "used"),
    "DiscountedUsage": ("reservation_cost",),
    "RIFee": ("unused_upfront", "unused_recurring"),
}


def normal(name: str) -> str:
    """Return a column's name, or a tag's key, the way Athena and CUR 2.0 write it."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"([A-Z])", r"_\1", name).lower()).strip("_")


class Keys:
    """Which tags are read: those that `labels` names, under the names it has for them, however an export writes them."""

    def __init__(self, labels: Labels) -> None:
        known = [key for field in fields(labels) for key in getattr(labels, field.name)]
        self._exact = {key.lower(): key for key in reversed(known)}
        self._normal = {normal(key): key for key in reversed(known)}

    def key(self, raw: str) -> str | None:
        """Return the key of a tag as it was set, or None where nobody asks for it.

        `user_2i2c_hub_name` is `2i2c:hub-name` if that is a label; what follows `kubernetes_io_cluster_` had hyphens.
        """
        bare = re.sub(r"^resource_?tags?/", "", raw, flags=re.IGNORECASE)
        if FOREIGN.match(bare):
            return None
        bare = re.sub(r"^user[:_]", "", bare)
        if bare.startswith(OWNED):
            return bare
        if bare.startswith("kubernetes_io_cluster_"):
            return OWNED + bare.removeprefix("kubernetes_io_cluster_").replace("_", "-")
        return self._exact.get(bare.lower()) or self._normal.get(normal(bare))


@dataclass(frozen=True, slots=True)
class Layout:
    """How one file is read: for each of our columns the SQL and DuckDB type of those that say it, the first with a value wins."""

    sources: Mapping[str, Sequence[tuple[str, str]]]
    tags: str  # SQL of a JSON object of raw tags
    faults: tuple[str, ...]

    def parts(self) -> dict[str, str]:
        """Return what stage.sql is written with: the SQL of each column, of the shared ones together, and of their key.

        The key is made of what they are read from, as it stands there: one place each, whatever columns the file has.
        """
        typed = {column.name: self.typed(column) for column in COLUMNS}
        read = {name: sources[0][0] for name, sources in self.sources.items() if len(sources) == 1}
        texts = [read.get(name) or typed.get(name, name) for name in SHARED]
        return typed | {
            "tags": self.tags,
            "shared": ", ".join(f"{name}: {typed.get(name, name)}" for name in SHARED),
            "texts": ", ".join(texts),
            "texts_reversed": ", ".join(reversed(texts)),
        }

    def typed(self, column: Column) -> str:
        """Return the SQL of a column in its own type; null where the file doesn't have it."""
        typed = [_typed(column, *source) for source in self.sources.get(column.name, ())]
        return (
            f"coalesce({', '.join(typed)})" if len(typed) > 1 else typed[0] if typed else f"cast(null as {column.type})"
        )


def layout(columns: Sequence[tuple[str, str, str]], keys: Keys) -> Layout:
    """Tell how a file with `columns` (name, SQL, DuckDB type) is read, and what is wrong with it."""
    there: dict[str, tuple[str, str]] = {}
    tags: dict[str, list[str]] = {}
    for name, source, kind in columns:
        tag = TAG_COLUMN.fullmatch(name)
        if tag is None:
            there.setdefault(normal(name), (source, kind))
        elif key := keys.key(tag["csv"] or tag["parquet"]):
            tags.setdefault(key, []).append(source)
    product = there.get("product")
    faults: list[str] = []
    sources: dict[str, list[tuple[str, str]]] = {}
    for column in COLUMNS:
        origins = [each for each in column.origins if each in there]
        faults += [
            f"column {each} is {there[each][1]}, not {MEANT.get(column.kind, 'a number')}"
            for each in origins
            if not _fits(column, there[each][1])
        ]
        sources[column.name] = [there[each] for each in origins]
        if column.name == "product_name" and product is not None:
            sources[column.name].append((_entry(*product, "product_name"), "VARCHAR"))
        if column.required and not origins:
            near = difflib.get_close_matches(column.origins[0], there, n=1, cutoff=0.8)
            faults.append(f"column {column.origins[0]} is missing" + (f" (is {near[0]} it?)" if near else ""))
    return Layout(sources, _tags(there, tags), tuple(faults))


def _typed(column: Column, source: str, kind: str) -> str:
    blank = f"nullif({source}, '')" if kind == "VARCHAR" else source
    if column.kind in NUMBERS:
        if kind == "DOUBLE" and column.kind != "price":
            return sql("ingest/decimal").replace("value", source)
        if kind == "FLOAT":
            blank = f"cast({source} as varchar)"
        if kind in TEXTS:  # where a report went through Python, None may stand for nothing
            blank = f"nullif({blank}, 'None')"
        return f"{'cast' if column.kind == 'money' else 'try_cast'}({blank} as {column.type})"
    if column.name in ("payer", "account") and kind not in TEXTS:
        return f"lpad(cast({source} as varchar), 12, '0')"  # an id that was taken for a number
    return (
        blank
        if kind == column.type.upper() or (kind == "TEXT" and column.kind == "text")
        else f"cast({blank} as {column.type})"
    )


def _tags(there: Mapping[str, tuple[str, str]], columns: Mapping[str, Sequence[str]]) -> str:
    for name in TAG_MAPS:
        if name in there:
            source, kind = there[name]
            if kind.startswith("STRUCT") and kind.endswith("[]"):
                source = f"map_from_entries({source})"
            return source if kind in TEXTS else f"cast(to_json({source}) as varchar)"
    if not columns:
        return "cast(null as varchar)"
    pairs = ", ".join(f"{literal(key)}: coalesce({', '.join(given)})" for key, given in columns.items())
    return f"cast(to_json({{{pairs}}}) as varchar)"


def _entry(source: str, kind: str, key: str) -> str:
    if kind in TEXTS:
        return f"json_extract_string({source}, '$.{key}')"
    if kind.startswith("STRUCT") and kind.endswith("[]"):
        source = f"map_from_entries({source})"
    return f"{source}[{literal(key)}]"


def _fits(column: Column, kind: str) -> bool:
    if kind in TEXTS:
        return True
    if column.kind in NUMBERS:
        return kind in {"DOUBLE", "FLOAT", "BIGINT", "INTEGER"} or kind.startswith("DECIMAL")
    if column.kind == "time":
        return kind.startswith(("TIMESTAMP", "DATE"))
    return column.name in ("payer", "account", "invoice") and kind in {"BIGINT", "UBIGINT", "INTEGER"}
