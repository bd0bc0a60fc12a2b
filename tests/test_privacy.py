"""No user name leaves a hub: names planted in a real Prometheus and in a bill are in nothing that Hubledger writes or says."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import threading
from typing import TYPE_CHECKING
from urllib.parse import unquote
from zipfile import ZipFile

import pyarrow.parquet as pq
import pytest
from pypdf import PdfReader

from analytics.engine import connect
from analytics.lake import Lake
from analytics.tables import ACTIVITY
from examples.bill import write_csv
from tests.fixtures_commands import start
from tests.fixtures_demo import REPOSITORY
from tests.fixtures_prometheus import GIB, Container, Node, Pod, World, at, serving
from tests.fixtures_prometheus_http import answering

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = at("2026-10-10")
HOUR = 3600
# What to look for: the ends of the names, since a capital letter or a sign before them may be written in many ways.
PLANTED = re.compile("aphod|eeble|rillian|heartofgold|eart.{0,3}of.{0,3}gold", re.IGNORECASE)
# JupyterHub's user names as KubeSpawner writes them into names of pods and claims: by its older and its newer rule.
USERS = {
    "zaphodbeeble": ("zaphodbeeble",),
    "Zaphod.Beeble": ("-5aaphod-2e-42eeble", "zaphod-beeble---0f1e2d3c"),
    "trillian@heartofgold.org": ("trillian-40heartofgold-2eorg", "trillian-heartofgold-org---3f2a1b9c"),
}
USER = "zaphodbeeble"
SLUGS = [slug for slugs in USERS.values() for slug in slugs]
MACHINE = "gke-aurora-nb-1a2b3c4d-x9z8"


def world() -> World:
    """Return a day of a cluster whose users' names stand wherever Kubernetes puts them."""
    node = Node(MACHINE, DAY, DAY + 24 * HOUR, {"label_hub_jupyter_org_node_purpose": "user"}, f"gce://p/z/{MACHINE}")
    pods, claims, homes = [], {}, {}
    for number, (user, slugs) in enumerate(USERS.items()):
        for slug in slugs:
            for server in (slug, f"{slug}--gpu-lab", f"{slug}-2dgpu-2dlab"):
                since = DAY + (8 + number) * HOUR
                held = Container("notebook", cpu_request=0.2, memory_request=GIB, cpu_use=0.1, memory_use=2 * GIB)
                pods.append(Pod("prod", f"jupyter-{server}", MACHINE, since, since + 2 * HOUR, (held,), user=user))
                claims["prod", f"claim-{server}"] = 10.0 * GIB
            homes["prod", slug] = 3.0 * GIB
            homes["prod", user] = 2.0 * GIB
    return World((node,), tuple(pods), interval=300, homes=homes, claims=claims, span=(DAY, DAY + 24 * HOUR))


def charge(cost: str, **more: str) -> dict[str, str]:
    return {
        "BilledCost": cost, "EffectiveCost": cost, "ListCost": cost, "ContractedCost": cost, "BillingCurrency": "USD",
        "BillingAccountId": "01C4E7-9A20FD-77B35E", "SubAccountId": "aurora", "InvoiceId": "1",
        "BillingPeriodStart": "2026-10-01T00:00:00Z", "BillingPeriodEnd": "2026-11-01T00:00:00Z",
        "ChargePeriodStart": "2026-10-10T09:00:00Z", "ChargePeriodEnd": "2026-10-10T10:00:00Z", "ChargeCategory": "Usage",
        "ChargeDescription": "N2 Instance Core", "InvoiceIssuerName": "Google Cloud", "ServiceProviderName": "Google Cloud",
        "HostProviderName": "Google Cloud", "ServiceCategory": "Compute", "ServiceName": "Compute Engine",
        "ResourceId": f"//compute.googleapis.com/projects/aurora/zones/z/instances/{MACHINE}",
        "Tags": json.dumps({"goog-k8s-cluster-name": "aurora"}),
    } | more  # fmt: skip


def bill() -> list[dict[str, str]]:
    """Return a bill with the users' names in labels, in identifiers of pods, claims and disks, and in descriptions."""
    rows = [charge("24.50")]
    for name in [*SLUGS, *(f"{slug}--gpu-lab" for slug in SLUGS), *(f"{slug}-2dgpu-2dlab" for slug in SLUGS)]:
        pod, claim = f"jupyter-{name}", f"claim-{name}"
        tags = {
            "goog-k8s-cluster-name": "aurora", "k8s-namespace": "prod", "kubernetes-namespace": "prod",
            "k8s-workload-name": pod, "goog-k8s-workload-name": pod, "aws:eks:workload-name": pod,
            "hub.jupyter.org/username": name, "hub_jupyter_org_username": name, "k8s-label/hub.jupyter.org/username": name,
            "kubernetes.io/created-for/pvc/name": claim, "kubernetes.io-created-for-pvc-name": claim, "pod": pod,
            "Name": f"{name}'s volume", "owner": name, "e-mail": "trillian@heartofgold.org", name: "yes",
            "cost-centre": f"pod {pod} of physics",
        }  # fmt: skip
        places = [
            f"arn:aws:eks:us-west-2:481516230042:pod/aurora/prod/{pod}/8d3e2f10-1111-2222-3333-444455556666",
            f"//compute.googleapis.com/projects/aurora/zones/z/disks/{claim}",
            f"projects/aurora/zones/z/disks/{pod}",
            f"/subscriptions/7d1f/resourceGroups/aurora/providers/Microsoft.Compute/disks/{claim}",
            f"//container.googleapis.com/projects/aurora/locations/us/clusters/aurora/k8s/namespaces/prod/pods/{pod}",
            f"https://cloud.example/?pod=prod%2F{pod}&claim={claim}",
            f"prod_{pod}",
            f"aurora|prod|{pod}",
            pod.upper(),
        ]
        for number, place in enumerate(places):
            rows.append(
                charge(
                    "1.25",
                    ResourceId=place,
                    ResourceName=pod if number % 2 else claim,
                    ResourceType="Pod" if number % 2 else "Persistent Disk",
                    ChargeDescription=f"Storage of {claim} ({pod}), namespace prod",
                    Tags=json.dumps(tags),
                    AllocatedResourceId=place,
                    AllocatedResourceName=pod,
                    AllocatedMethodDetails=json.dumps({"Elements": [{"pod": pod, "AllocatedRatio": "0.5"}]}),
                    AllocatedTags=json.dumps(tags),
                )
            )
    for row in rows:
        for name in ("AllocatedResourceId", "AllocatedResourceName", "AllocatedMethodDetails", "AllocatedTags"):
            row.setdefault(name, "")
        row.setdefault("ResourceName", "")
        row.setdefault("ResourceType", "")
    return rows


class Fleet:
    """A fleet with names planted in its sources, and all that Hubledger wrote and said about it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.lake = folder / "lake"
        self.heard: dict[str, str] = {}
        path = folder / "fleet" / "clusters" / "aurora" / "cluster.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(
            "name: aurora\nprovider: gcp\ngcp:\n  project: aurora\n  cluster: aurora\n  zone: z\n"
            f"billing:\n  source: focus\n  path: {folder}/bill.csv\n  name: google\n"
            f"usage:\n  source: prometheus\n  url: {url}\n"
            "hubs:\n  - name: prod\n    domain: prod.example.org\n"
        )
        (folder / "fleet" / "fleet.yaml").write_text(
            "labels:\n  keep: [cost-centre]\n"
            "issuer:\n  key: us\n  organisation: {name: Hub Commons, country: US, city: Here}\n"
        )
        (folder / "fleet" / "communities").mkdir()
        (folder / "fleet" / "communities" / "reef.yaml").write_text(
            "name: reef\nhubs: [aurora/prod]\ncontract:\n  payer: {name: Reef Survey, country: US, city: There}\n"
            "  currency: USD\n  tax: {category: O, reason: Not subject to VAT}\n"
            "  fees: {usage: {tiers: [{price: 2}]}}\n"
        )
        rows = bill()
        write_csv([dict(row) for row in rows], list(rows[0]), folder / "bill.csv")

    def run(self, *command: str, code: int = 0) -> str:
        """Run the command, keep what it printed and said, and return what it printed."""
        process = start(*command, fleet=self.folder / "fleet", lake=self.lake, scratch=self.folder / "tmp")
        stdout, stderr = process.communicate(timeout=120)
        assert process.returncode == code, stderr
        self.heard[" ".join(command)] = stdout + stderr
        return stdout

    def run_in_terminal(self, *command: str) -> str:
        """Run the command in a terminal, where it shows its progress, and return all that appeared there."""
        master, slave = pty.openpty()
        shown: list[bytes] = []

        def listen() -> None:
            while True:
                try:
                    part = os.read(master, 65536)
                except OSError:  # the terminal's other end is closed
                    return
                shown.append(part)

        listener = threading.Thread(target=listen)
        listener.start()
        settings = {"HUBLEDGER_FLEET": str(self.folder / "fleet"), "HUBLEDGER_LAKE": str(self.lake), "TERM": "xterm"}
        program = [sys.executable, "-m", "hubledger", *command]
        done = subprocess.run(
            program, env=os.environ | settings, cwd=REPOSITORY, stdin=slave, stdout=slave, stderr=slave, check=False
        )
        os.close(slave)
        listener.join(timeout=10)
        os.close(master)
        text = self.heard[f"{' '.join(command)} in a terminal"] = b"".join(shown).decode()
        assert done.returncode == 0, text
        return text


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("privacy")
    with serving(world(), folder / "prometheus") as url:
        fleet = Fleet(folder, url)
        fleet.run_in_terminal("costs", "ingest")
        fleet.run("costs", "ingest")
        fleet.run("costs", "allocate", "-m", "2026-10")
        yield fleet


def named(text: str) -> list[str]:
    """Return where planted names stand in `text`: as they are, in a URL's writing, in KubeSpawner's, in JSON's."""
    unescaped = re.sub(r"[-_]([0-9a-f]{2})", lambda match: chr(int(match[1], 16)), text)
    codes = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    forms = {text, unquote(text), unescaped, codes}
    return sorted({form[max(0, m.start() - 40) : m.end() + 20] for form in forms for m in PLANTED.finditer(form)})


def test_the_names_are_in_the_sources(fleet: Fleet) -> None:
    assert len(named((fleet.folder / "bill.csv").read_text())) > 100
    series = {f"{name}{dict(labels)}" for name, labels, _ in world().series()}
    assert len(named("\n".join(sorted(series)))) > 100


def test_what_they_used_came_in_all_the_same(fleet: Fleet) -> None:
    (row,) = json.loads(fleet.run("costs", "report", "-m", "2026-10", "--format", "json", "--by", "hub"))["rows"][:1]
    assert (row["hub"], row["cluster"]) == ("prod", "aurora")
    with connect() as con:
        Lake(str(fleet.lake)).attach(con, ACTIVITY)
        users = con.execute("select active_users from activity where period = '2026-10'").fetchall()
    assert users == [(len(USERS),)]


def test_no_name_is_in_the_lake(fleet: Fleet) -> None:
    found: dict[str, list[str]] = {}
    seen = set()
    for path in (path for path in fleet.lake.rglob("*") if path.is_file()):
        table, text = path.relative_to(fleet.lake).parts[0], path.read_bytes().decode("latin-1")
        if path.suffix == ".parquet":
            rows = pq.read_table(path)
            seen.add(table)
            for column in rows.column_names:
                found[f"{table}.{column}"] = named("\n".join(map(str, set(rows[column].to_pylist()))))
        found[str(path)] = named(text) + named(str(path))
    assert {place: names[:3] for place, names in found.items() if names} == {}
    assert seen == {"charges", "deliveries", "usage", "nodes", "activity", "findings", "allocations"}


COMMANDS = [
    *(("report", "-m", "2026-10", "--by", by) for by in ("hub", "community", "cluster", "component", "rule", "day")),
    *(("report", "-m", "2026-10", "--format", form) for form in ("csv", "json")),
    ("reconcile", "-m", "2026-10"),
    ("explain", "-m", "2026-10", "--hub", "prod", "--most", "1000"),
    ("explain", "-m", "2026-10", "--hub", "prod", "--most", "1000", "--json"),
    ("deliveries",),
    ("validate", "-m", "2026-10", "--most", "1000"),
]


def test_no_name_is_printed_or_said(fleet: Fleet) -> None:
    for command in COMMANDS:
        fleet.run("costs", *command, code=1 if command[0] == "validate" else 0)
    said = {command: named(text) for command, text in fleet.heard.items()}
    assert {command: names[:3] for command, names in said.items() if names} == {}
    assert "aurora: usage of 2026-10-10" in fleet.heard["costs ingest in a terminal"]


def test_no_name_is_in_what_validate_tells_of_a_bill(fleet: Fleet, tmp_path: Path) -> None:
    rows = bill()[:3]
    rows[1] |= {
        "Tags": json.dumps({"owner": USER})[:-1],
        "BilledCost": f"claim-{USER}",
        "ChargeClass": f"jupyter-{USER}",
    }
    rows[2] |= {"Tags": f"owner {USER}", "ResourceType": "", "AllocatedResourceId": ""}
    write_csv([dict(row) for row in rows], list(rows[1]), tmp_path / "bill.csv")
    for form in ("table", "csv", "json"):
        said = fleet.run("costs", "validate", str(tmp_path / "bill.csv"), "--most", "1000", "--format", form, code=1)
        assert "Tags" in said
        assert named(said) == []


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_no_name_is_exported(fleet: Fleet, suffix: str) -> None:
    path = fleet.folder / f"export.{suffix}"
    fleet.run("costs", "export", "-m", "2026-10", "--to", str(path))
    texts = [path.read_bytes().decode("latin-1")]
    if suffix == "parquet":
        texts += [str(pq.read_table(path).to_pylist()), str(pq.read_metadata(path).metadata)]
    assert [named(text)[:3] for text in texts] == [[] for _ in texts]
    assert "prod" in "".join(texts)


def test_no_name_is_in_what_is_billed(fleet: Fleet, tmp_path: Path) -> None:
    ledger = ("--ledger", str(tmp_path / "ledger.sqlite"))
    month = ("-m", "2026-10", *ledger)
    fleet.run("invoices", "draft", *month)
    fleet.run("invoices", "review", *month)
    fleet.run("invoices", "close", *month, "--provisional", "a test")
    fleet.run("invoices", "issue", *month)
    fleet.run("invoices", "certificate", *month)
    fleet.run("invoices", "export", *month, "--to", str(tmp_path))
    shown = fleet.run("invoices", "show", "INV-2026-0001", *ledger)
    assert "Active users" in shown
    texts = {command: text for command, text in fleet.heard.items() if command.startswith("invoices")}
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        texts[str(path)] = path.read_bytes().decode("latin-1")
        if path.suffix == ".pdf":
            texts[f"{path} read"] = " ".join(page.extract_text() for page in PdfReader(path).pages)
        elif path.suffix == ".xlsx":
            with ZipFile(path) as archive:
                texts[f"{path} read"] = " ".join(archive.read(name).decode("latin-1") for name in archive.namelist())
    assert {place: named(text)[:3] for place, text in texts.items() if named(text)} == {}
    assert len(texts) > 15


def test_no_name_is_in_a_complaint(fleet: Fleet, tmp_path: Path) -> None:
    """What is wrong may stand beside a name, or be a name itself: a quote is missing, and columns have moved."""
    pod = f"jupyter-{USER}"
    text = (
        f'execution: found duplicate series for the match group {{namespace="prod", pod="{pod}"}} on the right hand-side of'
        f' the operation: [{{__name__="kube_pod_info", pod="{pod}"}}];many-to-many matching not allowed: {pod}'
    )
    answer = json.dumps({"status": "error", "errorType": "execution", "error": text}).encode()
    with answering(lambda request: (422, answer)) as server:
        broken = Fleet(tmp_path, server.url)
        for faulty in (
            {"BilledCost": f"claim-{SLUGS[0]}"},
            {"ChargePeriodStart": pod},
            {"BillingCurrency": pod},
            {"Tags": f'{{"hub.jupyter.org/username": "{SLUGS[0]}"'},
            {"BillingAccountId": "", "ServiceName": "", "SkuId": pod},
        ):
            rows = bill()[:4]
            rows[2] |= faulty
            write_csv([dict(row) for row in rows], list(rows[2]), tmp_path / "bill.csv")
            broken.run("costs", "ingest", code=1)
            said = broken.heard["costs ingest"]
            assert len(said.splitlines()) == 3
            assert named(said) == []
