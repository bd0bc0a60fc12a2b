"""What a plan's JSON says, as changes: differences that matter, sensitive values never, labels and data looked for."""

from __future__ import annotations

from typing import Any

import pytest

from terraform import events
from terraform.billable import destroyed_data, unlabelled
from terraform.changes import Action, changes, resources
from terraform.outputs import written


def plan(actions: list[str], before: Any, after: Any, kind: str = "google_compute_disk", **more: Any) -> dict[str, Any]:
    change = {"actions": actions, "before": before, "after": after, **more}
    return {
        "resource_changes": [
            {"address": f"{kind}.this", "type": kind, "name": "this", "mode": "managed", "change": change}
        ]
    }


def shown(document: dict[str, Any]) -> list[tuple[str, str | None, str | None]]:
    (change,) = changes(document)
    return [(one.path, one.before, one.after) for one in change.differences]


def test_only_what_differs_is_shown_of_a_change() -> None:
    before = {"size": 100, "labels": {"a": "1", "b": "2"}, "zones": ["x", "y"]}
    after = {"size": 200, "labels": {"a": "1", "b": "3"}, "zones": ["x"]}
    assert shown(plan(["update"], before, after)) == [
        ("labels.b", "2", "3"),
        ("size", "100", "200"),
        ("zones[1]", "y", None),
    ]


def test_a_sensitive_value_is_masked_and_its_change_is_still_seen() -> None:
    masks: dict[str, Any] = {"before_sensitive": {"password": True}, "after_sensitive": {"password": True}}
    document = plan(["update"], {"password": "old", "size": 1}, {"password": "new", "size": 1}, **masks)
    assert shown(document) == [("password", "(sensitive)", "(sensitive)")]
    assert shown(plan(["update"], {"password": "same", "size": 1}, {"password": "same", "size": 2}, **masks)) == [
        ("size", "1", "2")
    ]


def test_a_value_that_becomes_sensitive_is_not_shown_as_it_was() -> None:
    document = plan(
        ["update"], {"token": "clear"}, {"token": "clear"}, before_sensitive={}, after_sensitive={"token": True}
    )
    assert shown(document) == []
    document["resource_changes"][0]["change"]["after"] = {"token": "other"}
    assert shown(document) == [("token", "(sensitive)", "(sensitive)")]
    whole = plan(["create"], None, {"type": {"size": 5}}, after_sensitive={"type": True})
    assert shown(whole) == [("type", None, "(sensitive)")]


def test_what_forces_a_replacement_is_marked() -> None:
    document = plan(
        ["delete", "create"],
        {"name": "a", "id": "1"},
        {"name": "b"},
        replace_paths=[["name"]],
        after_unknown={"id": True},
    )
    (change,) = changes(document)
    assert change.action is Action.REPLACE
    assert [(one.path, one.forces) for one in change.differences if one.forces] == [("name", True)]


@pytest.mark.parametrize(
    ("actions", "destroyed"),
    [
        (["delete"], True),
        (["delete", "create"], True),
        (["create", "delete"], True),
        (["forget"], False),
        (["update"], False),
    ],
)
def test_data_is_destroyed_by_a_deletion_or_a_replacement(actions: list[str], destroyed: bool) -> None:
    after: dict[str, Any] | None = None if actions == ["delete"] else {}
    assert bool(destroyed_data(resources(plan(actions, {}, after)))) is destroyed
    assert destroyed_data(resources(plan(actions, {}, after, "google_service_account"))) == ()


@pytest.mark.parametrize(
    ("kind", "after", "lacking"),
    [
        ("google_storage_bucket", {"labels": {"cluster-name": "a", "managed-by": "b"}}, ()),
        ("aws_s3_bucket", {"tags": {"2i2c:cluster-name": "a", "2i2c:managed-by": "b"}}, ()),
        ("google_storage_bucket", {"labels": None}, ("cluster-name", "managed-by")),
        ("google_storage_bucket", {"labels": {"cluster-name": "", "managed-by": "b"}}, ("cluster-name",)),
        ("google_storage_bucket", {"labels": {"my-cluster-name": "a", "managed-by": "b"}}, ("cluster-name",)),
        (
            "google_container_node_pool",
            {"node_config": [{"resource_labels": {"cluster-name": "a", "managed-by": "b"}}]},
            ("node-purpose",),
        ),
        ("google_container_node_pool", {"node_config": []}, ("cluster-name", "managed-by", "node-purpose")),
        (
            "aws_launch_template",
            {
                "tag_specifications": [
                    {"tags": {"2i2c:cluster-name": "a", "2i2c:managed-by": "b", "2i2c:node-purpose": "user"}},
                    {"tags": {"2i2c:cluster-name": "a", "2i2c:managed-by": "b"}},
                ]
            },
            ("node-purpose",),
        ),
        ("google_service_account", {}, ()),
    ],
)
def test_labels_that_cost_needs_are_missed(kind: str, after: dict[str, Any], lacking: tuple[str, ...]) -> None:
    found = unlabelled(resources(plan(["create"], None, after, kind)))
    assert [one.missing for one in found] == ([lacking] if lacking else [])


def test_labels_that_only_the_cloud_knows_are_not_missed() -> None:
    document = plan(["create"], None, {}, "google_storage_bucket", after_unknown={"labels": True})
    assert unlabelled(resources(document)) == []


def test_what_stays_without_labels_is_missed_too() -> None:
    document = plan(["no-op"], {"labels": {}}, {"labels": {}}, "google_storage_bucket")
    assert len(unlabelled(resources(document))) == 1
    assert changes(document) == ()


def test_lines_that_are_no_events_are_kept_and_unknown_ones_passed_over() -> None:
    story = events.read(
        b'{"type":"version","@message":"Terraform 9.9"}\n'
        b'{"type":"from_the_future","@message":"x","new":{"key":1}}\n'
        b"panic: runtime error\n"
        b'{"type":"diagnostic","@message":"m","diagnostic":{"severity":"error","summary":"S","detail":"D","address":"a.b",'
        b'"range":{"filename":"main.tf.json","start":{"line":3}}}}\n'
        b'{"broken'
    )
    assert story.other == ["panic: runtime error", '{"broken']
    (error,) = story.errors
    assert (error.text, error.address, error.file, error.line) == ("S: D", "a.b", "main.tf.json", 3)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("string", "string"),
        (["list", "string"], "list(string)"),
        (["map", ["object", {"b": "number", "a": ["set", "bool"]}]], "map(object({a = set(bool), b = number}))"),
        (["tuple", ["string", "number"]], "tuple([string, number])"),
        ("dynamic", "any"),
    ],
)
def test_a_type_is_written_as_terraform_writes_it(kind: object, text: str) -> None:
    assert written(kind) == text
