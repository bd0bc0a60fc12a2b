"""The protocol's messages: values as MessagePack, schemas, and paths."""

from __future__ import annotations

import json
from typing import Any

import msgpack
from tf.gen import tfplugin_pb2 as pb

from tests.provider.planning import Block, Value, unknown

NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}
FLAGS = ("required", "optional", "computed")
WRITE_ONLY = b"\x58\x01"  # field 11 of an attribute, true: `tf` has the protocol of before it


def read(value: pb.DynamicValue) -> Value:
    if value.json:
        return json.loads(value.json)
    return msgpack.unpackb(value.msgpack) if value.msgpack else None


def write(value: Value) -> pb.DynamicValue:
    return pb.DynamicValue(msgpack=msgpack.packb(value))


def plain(value: Value) -> Value:
    """Return `value` as JSON can say it: what is unknown is null."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return None if unknown(value) else value


def block_message(block: Block, sensitive: list[str], within: str = "") -> pb.Schema.Block:
    """Return a block's schema; `sensitive` names attributes, or those in a block: `client_key`, `set_sensitive.value`."""
    return pb.Schema.Block(
        attributes=attribute_messages(block["attributes"], sensitive, within),
        block_types=[
            pb.Schema.NestedBlock(
                type_name=name,
                block=block_message(nested["block"], sensitive, name),
                nesting=NESTING[nested["nesting_mode"]],
                min_items=nested.get("min_items", 0),
                max_items=nested.get("max_items", 0),
            )
            for name, nested in block.get("block_types", {}).items()
        ],
    )


def attribute_messages(attributes: dict[str, Any], sensitive: list[str], within: str) -> list[pb.Schema.Attribute]:
    messages = []
    for name, attribute in attributes.items():
        secret = name in sensitive or f"{within}.{name}" in sensitive
        flags = {flag: True for flag in FLAGS if attribute.get(flag)}
        message = pb.Schema.Attribute(name=name, sensitive=secret, **flags)
        if "type" in attribute:
            message.type = json.dumps(attribute["type"]).encode()
        else:
            nested = attribute["nested_type"]
            message.nested_type.nesting = NESTING[nested["nesting_mode"]]
            message.nested_type.attributes.extend(attribute_messages(nested["attributes"], sensitive, name))
        if attribute.get("write_only"):
            message.MergeFromString(WRITE_ONLY)
        messages.append(message)
    return messages


def path_message(steps: list[str | int]) -> pb.AttributePath:
    return pb.AttributePath(
        steps=[
            pb.AttributePath.Step(element_key_int=step)
            if isinstance(step, int)
            else pb.AttributePath.Step(attribute_name=step)
            for step in steps
        ]
    )
