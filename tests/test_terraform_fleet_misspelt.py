"""Properties of reading a fleet: a misspelt key is named by its line, and nothing but FleetError ever comes out."""

from __future__ import annotations

import re
import string
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from terraform.fleet_files import FleetError, load
from tests.fixtures_fleet import OURS, THEIRS, write

if TYPE_CHECKING:
    from collections.abc import Iterator

# Lines that a fleet can do without, each alone, with the lines that are theirs.
OPTIONAL = {
    "fleet.yaml": [
        "  idle: even\n",
        "  shared: by-users\n",
        "    cpu: 0.0350\n",
        "    memory: 0.005\n",
        "  keep: [cost-centre]\n",
        "excluded_users: [health-check]\n",
    ],
    "clusters/delta/cluster.yaml": [
        "provider_url: https://cloud.example.org\n",
        "  zone: europe-west4-b\n",
        "    paid_by_us: true\n",
        "    name: delta-focus\n",
        "    table: gcp_export\n",
        "    location: EU\n",
        "    maximum_bytes_billed: 1000000\n",
        "  ca_file: ca.pem\n",
        "  insecure_skip_verify: false\n",
        "  timeout_seconds: 30\n",
        "  idle: operator\n",
        "accounts: [delta-project, delta-data]\n",
    ],
    "clusters/sigma/cluster.yaml": ["  account_id: 012345678901\n", "  region: eu-central-1\n"],
    "communities/reef.yaml": [
        "display_name: Reef Survey\n",
        "  - delta/prod\n",
        "    from: 2026-01-01\n",
        "accounts: [reef-project]\n",
        "contacts: [finance@reef.example.org]\n",
    ],
}

# Keys of the format that 2i2c keeps and that may be left out: misspelt, they are unknown, which is no fault.
THEIRS_OPTIONAL = frozenset(
    {
        "provider_url",
        "zone",
        "paid_by_us",
        "bigquery",
        "account_id",
        "region",
        "display_name",
        "domain",
        "hubs",
        "gcp",
        "aws",
    }
)
KEY = re.compile(r"^(?P<indent> *(?:- )?)(?P<key>[A-Za-z_]+):")
KNOWN = {match["key"] for text in OURS.values() for line in text.splitlines() if (match := KEY.match(line))}


@contextmanager
def folder_with(files: dict[str, str]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield write(Path(folder), files)


@st.composite
def subsets(draw: st.DrawFn) -> dict[str, str]:
    """Our fleet without some of what it can do without."""
    files = dict(OURS)
    for name, lines in OPTIONAL.items():
        for line in draw(st.lists(st.sampled_from(lines), unique=True)):
            files[name] = files[name].replace(line, "", 1)
    return files


@st.composite
def misspellings(draw: st.DrawFn, key: str) -> str:
    """The key with one letter too many, too few, or another."""
    place = draw(st.integers(0, len(key) - 1))
    letter = draw(st.sampled_from(string.ascii_lowercase))
    kept = key[place + 1 :] if draw(st.booleans()) else key[place:]
    return key[:place] + draw(st.sampled_from(["", letter])) + kept


def places(files: dict[str, str]) -> list[tuple[str, int, str]]:
    """File, line number and key of every key whose misspelling is a fault."""
    found = []
    for name, text in files.items():
        section = ""
        for number, line in enumerate(text.splitlines(), 1):
            match = KEY.match(line)
            if match is None:
                continue
            section = match["key"] if not match["indent"] else section
            ours = not name.startswith("clusters/") or section in {"billing", "usage", "policy", "accounts"}
            if ours or match["key"] not in THEIRS_OPTIONAL | {"billing"}:
                found.append((name, number, match["key"]))
    return found


@given(subsets())
def test_a_fleet_without_what_is_optional_loads(files: dict[str, str]) -> None:
    with folder_with(files) as folder:
        assert [cluster.name for cluster in load(folder).clusters] == ["delta", "sigma"]


@given(st.data())
def test_a_misspelt_key_is_a_fault_that_names_its_line(data: st.DataObject) -> None:
    files = data.draw(subsets())
    name, number, key = data.draw(st.sampled_from(places(files)))
    wrong = data.draw(misspellings(key))
    assume(wrong and wrong not in KNOWN | {"account", "hub"})
    lines = files[name].splitlines(keepends=True)
    lines[number - 1] = lines[number - 1].replace(f"{key}:", f"{wrong}:", 1)
    files[name] = "".join(lines)
    with folder_with(files) as folder:
        with pytest.raises(FleetError) as caught:
            load(folder)
        said = [str(fault.path.relative_to(folder)) for fault in caught.value.faults if fault.line == number]
        assert name in said, str(caught.value)


@given(st.one_of(st.binary(max_size=60), st.text("ab:-[]{}&*!<>|'\"#,? \n\t0~%", max_size=60).map(str.encode)))
def test_whatever_a_file_holds_the_answer_is_a_fleet_or_faults(content: bytes) -> None:
    for name in ("fleet.yaml", "clusters/delta/cluster.yaml", "communities/reef.yaml"):
        with folder_with(OURS) as folder, suppress(FleetError):
            (folder / name).write_bytes(content)
            load(folder)


@given(st.dictionaries(st.text(string.ascii_letters + "_", min_size=9), st.integers(), max_size=4))
def test_keys_unknown_to_us_never_stop_their_fleet(extra: dict[str, int]) -> None:
    text = "".join(f"x_{key}: {value}\n" for key, value in extra.items())
    inner = "".join(f"    x_{key}: {value}\n" for key, value in extra.items())
    changed = THEIRS["kestrel/cluster.yaml"].replace(
        "hubs:\n  - name: staging\n", f"{text}hubs:\n  - name: staging\n{inner}"
    )
    with folder_with(THEIRS | {"kestrel/cluster.yaml": changed}) as folder:
        notices = [notice for notice in load(folder).notices if "doesn't know" in notice.text]
        assert len(notices) == 1
        assert all(f"hubs[].x_{key} at" in notices[0].text for key in extra)
