"""The costs and use of one community, all of its time, in open formats: what it takes along when it leaves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from analytics.engine import EngineError, connect, literal, sql
from analytics.lake import Lake, LakeError
from analytics.tables import ACTIVITY, ALLOCATIONS, USAGE_TABLE
from terraform.past_costs import UnreadableBills

if TYPE_CHECKING:
    from terraform.fleet import Fleet

FILES = {"costs": "history", "usage": "usage_history", "activity": "activity_history"}
FORMS = {"csv": "format csv, header", "parquet": "format parquet, compression zstd"}
_MEMBERS = pa.schema([(name, pa.string()) for name in ("cluster", "hub", "first", "next")])


def write_history(fleet: Fleet, url: str, community: str, folder: Path) -> list[str]:
    """Write a community's costs, usage and activity into a folder; return the files' names. Nothing where there is no lake.

    Raises UnreadableBills where the lake can't be read.
    """
    if "://" not in url and not Path(url).is_dir():
        return []
    try:
        return _write(fleet, Lake(url), community, folder)
    except (LakeError, EngineError) as error:
        raise UnreadableBills(f"{url}: the history of {community} can't be read: {error}") from error


def _write(fleet: Fleet, lake: Lake, community: str, folder: Path) -> list[str]:
    members = [
        {
            "cluster": member.cluster,
            "hub": member.hub,
            "first": member.start and member.start.isoformat(),
            "next": member.end and member.end.isoformat(),
        }
        for one in fleet.communities
        if one.name == community
        for member in one.hubs
    ]
    clusters = sorted({str(member["cluster"]) for member in members})
    written = []
    folder.mkdir(parents=True, exist_ok=True)
    with connect() as con:
        lake.attach(con, ALLOCATIONS)
        lake.attach(con, USAGE_TABLE, where={"cluster": clusters})
        lake.attach(con, ACTIVITY, where={"cluster": clusters})
        con.register("members", pa.Table.from_pylist(members, schema=_MEMBERS))
        for name, query in FILES.items():
            parameters = {"community": community} if name == "costs" else {}
            con.execute(f"create or replace temp table taken as {sql(f'unit_costs/{query}')}", parameters)
            for ending, form in FORMS.items():
                con.execute(f"copy taken to {literal(str(folder / f'{name}.{ending}'))} ({form})")
                written.append(f"{name}.{ending}")
    return written
