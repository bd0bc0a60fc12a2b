"""Descriptions of charges: what labels say, which machine it is, what is masked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from terraform.fleet import Labels
from tests.bill import Line, line

if TYPE_CHECKING:
    from tests.fixtures_books import Books

GCE = "//compute.googleapis.com/projects/p/zones/us-central1-b"
AZURE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute"
AWS = {"ServiceProviderName": "AWS", "InvoiceIssuerName": "AWS"}
MICROSOFT = {"ServiceProviderName": "Microsoft Azure", "InvoiceIssuerName": "Microsoft"}


def tags(**pairs: object) -> str:
    return json.dumps({key.replace("__", ":").replace("_", "-"): value for key, value in pairs.items()})


# What labels say


@pytest.mark.parametrize(
    ("said", "hub"),
    [
        ({"2i2c:hub-name": "staging"}, "staging"),
        ({"hub-name": "late", "2i2c:hub-name": "first"}, "first"),
        ({"user:2i2c:hub-name": "staging"}, "staging"),
        ({"Hub-Name": "staging"}, "staging"),
        ({"2i2c:hub-name": "", "hub-name": "prod"}, "prod"),
        ({"2i2c:hub-name": None, "hub-name": "prod"}, "prod"),
        ({"2i2c:hub-name": "a \"quoted\" 'hub'"}, "a \"quoted\" 'hub'"),
        ({"2i2c:hub-name": "höhle"}, "höhle"),
        ({"2i2c:hub-name": "jupyter-meets-the-earth"}, "jupyter-meets-the-earth"),
        ({"colour": "blue"}, None),
        ({}, None),
    ],
)
def test_the_first_hub_label_with_a_value_wins(books: Books, said: dict[str, str | None], hub: str | None) -> None:
    assert books.described("x_Hub", Tags=json.dumps(said)) == (hub,)


def test_an_exact_key_wins_over_one_in_other_capitals(books: Books) -> None:
    assert books.described("x_Hub", Tags='{"HUB-NAME": "loud", "hub-name": "quiet"}') == ("quiet",)


def test_labels_are_the_fleets_own(books: Books) -> None:
    books.deliver([line(Tags='{"team": "red", "hub-name": "x"}')], labels=Labels(hub=("team",)))
    assert books.charges("x_Hub") == [("red",)]


@pytest.mark.parametrize(
    ("said", "cluster"),
    [
        ({"goog-k8s-cluster-name": "leap"}, "leap"),
        ({"kubernetes.io/cluster/openscapes": "owned"}, "openscapes"),
        ({"kubernetes.io/cluster/openscapes": "owned", "2i2c.org/cluster-name": "other"}, "other"),
    ],
)
def test_a_cluster_is_named_by_label_or_by_its_controllers_tag(
    books: Books, said: dict[str, str], cluster: str
) -> None:
    assert books.described("x_Cluster", Tags=json.dumps(said)) == (cluster,)


@pytest.mark.parametrize(
    ("said", "purpose"),
    [
        ({"hub.jupyter.org/node-purpose": "user", "k8s.dask.org/node-purpose": "scheduler"}, "user"),
        ({"k8s.dask.org/node-purpose": "worker"}, "dask"),
        ({"node-purpose": "dask-worker"}, "dask"),
        ({"node-purpose": "notebook"}, "user"),
        ({"2i2c:node-purpose": "core"}, "core"),
        ({"2i2c:volume-purpose": "home-nfs"}, "home-nfs"),
        ({"node-purpose": "gpu-lab"}, "gpu-lab"),
        ({}, None),
    ],
)
def test_purposes_have_one_name_each(books: Books, said: dict[str, str], purpose: str | None) -> None:
    assert books.described("x_Purpose", Tags=json.dumps(said)) == (purpose,)


def test_namespace_and_pool_are_labels_too(books: Books) -> None:
    said = tags(k8s_namespace="staging", goog_k8s_node_pool_name="nb-large")
    assert books.described("x_Namespace, x_Pool", Tags=said) == ("staging", "nb-large")


def test_no_tags_at_all_are_nothing(books: Books) -> None:
    assert books.described("Tags, x_Hub, x_Cluster, x_Purpose") == (None, None, None, None)


# Which machine it is


@pytest.mark.parametrize(
    ("said", "node"),
    [
        ({"ResourceId": f"{GCE}/instances/gke-leap-nb-1", "ResourceName": "gke-leap-nb-1"}, "gke-leap-nb-1"),
        ({"ResourceId": f"{GCE}/instances/4711", "ResourceName": "gke-leap-nb-1"}, "gke-leap-nb-1"),
        ({"ResourceId": f"{GCE}/disks/gke-leap-nb-1", "ResourceName": "gke-leap-nb-1"}, "gke-leap-nb-1"),
        ({"ResourceName": "projects/p/zones/z/instances/gke-leap-nb-1"}, "gke-leap-nb-1"),
        ({"ResourceId": f"{GCE}/disks/pvc-0815", "ResourceName": "pvc-0815"}, None),
        ({"ResourceId": f"{GCE}/instances/4711"}, None),
        (AWS | {"ResourceId": "arn:aws:ec2:us-west-2:1:instance/i-0ABCDEF1234567890".lower()}, "i-0abcdef1234567890"),
        (AWS | {"ResourceId": "i-0abcdef1234567890"}, "i-0abcdef1234567890"),
        (AWS | {"ResourceId": "arn:aws:ec2:us-west-2:1:volume/vol-0abcdef1234567890"}, None),
        (
            MICROSOFT | {"ResourceId": f"{AZURE}/virtualMachineScaleSets/aks-NB-123-vmss/virtualMachines/7"},
            "aks-nb-123-vmss/7",
        ),
        (MICROSOFT | {"ResourceId": f"{AZURE}/virtualMachineScaleSets/aks-nb-123-vmss"}, None),
        (MICROSOFT | {"ResourceId": f"{AZURE}/virtualMachines/Login-1"}, "login-1"),
        ({}, None),
    ],
)
def test_a_machine_is_known_by_its_provider_id(books: Books, said: Line, node: str | None) -> None:
    assert books.described("x_Node", **said) == (node,)


def test_a_scale_sets_name_says_its_pool(books: Books) -> None:
    said = MICROSOFT | {"ResourceId": f"{AZURE}/virtualMachineScaleSets/aks-nbsmall-12345678-vmss"}
    assert books.described("x_Pool", **said) == ("nbsmall",)


# Privacy


def test_no_users_name_comes_through(books: Books) -> None:
    said = line(
        ResourceId="arn:aws:eks:us-west-2:1:pod/cluster/staging/jupyter-ada--lovelace/4711",
        ResourceName="jupyter-ada",
        ChargeDescription="Volume claim-ada--lovelace of jupyter-ada",
        AllocatedResourceId="pods/jupyter-ada",
        AllocatedResourceName="claim-ada",
        AllocatedTags='{"hub.jupyter.org/username": "ada", "k8s-namespace": "staging"}',
        Tags=json.dumps(
            {
                "hub.jupyter.org/username": "ada",
                "kubernetes.io/created-for/pvc/name": "claim-ada",
                "note": "kept for jupyter-ada",
                "Hub-Name": "staging",
            }
        ),
    )
    books.deliver([said], labels=Labels(keep=("note",)))
    (row,) = books.charges("charges")
    assert "ada" not in str(row)
    assert books.charges("ResourceId, ResourceName, ChargeDescription, Tags, AllocatedTags") == [
        (
            "arn:aws:eks:us-west-2:1:pod/cluster/staging/jupyter-*/4711",
            "jupyter-*",
            "Volume claim-* of jupyter-*",
            '{"Hub-Name":"staging","note":"kept for jupyter-*"}',
            '{"k8s-namespace":"staging"}',
        )
    ]


def test_a_machines_name_is_nobodys(books: Books) -> None:
    said = {"ResourceId": f"{GCE}/instances/jupyter-node-1", "ResourceName": "jupyter-node-1"}
    assert books.described("ResourceId, ResourceName", **said) == tuple(said.values())


def test_only_allow_listed_tags_are_kept(books: Books) -> None:
    said = '{"owner": "someone", "cost-center": "7", "2i2c:hub-name": "a\\"b", "kubernetes.io/cluster/x": "owned"}'
    books.deliver([line(Tags=said)], labels=Labels(keep=("cost-center",)))
    ((kept,),) = books.charges("Tags")
    assert json.loads(str(kept)) == {"2i2c:hub-name": 'a"b', "cost-center": "7", "kubernetes.io/cluster/x": "owned"}
