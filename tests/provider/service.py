"""The provider's remote procedures, protocol 6: Terraform's questions, answered from schema, behaviour and toy cloud."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import msgpack
from tf.gen import tfplugin_pb2 as pb
from tf.gen.tfplugin_pb2_grpc import ProviderServicer

from tests.provider.client import Client, CloudError
from tests.provider.errors import sentence
from tests.provider.planning import (
    UNKNOWN,
    Block,
    Value,
    completed,
    identity,
    planned,
    replaced_by,
    unknown,
    wholly_known,
)

FOLDER = Path(__file__).resolve().parent
NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}
FLAGS = ("required", "optional", "computed")
WRITE_ONLY = b"\x58\x01"  # field 11 of an attribute, true: `tf` has the protocol of before it
CAPABILITIES = pb.ServerCapabilities(plan_destroy=True, get_provider_schema_optional=True)


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


class Provider(ProviderServicer):  # type: ignore[misc]  # generated, untyped
    """Serves the schema of one cloud's provider."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.client = Client()
        self.settings: dict[str, Value] = {}

    @cached_property
    def schema(self) -> dict[str, Any]:
        document = json.loads((FOLDER / "schemas" / f"{self.name}.json").read_text())
        schema: dict[str, Any]
        (schema,) = document["provider_schemas"].values()
        return schema

    @cached_property
    def behaviour(self) -> dict[str, Any]:
        behaviour: dict[str, Any] = json.loads((FOLDER / "behaviour.json").read_text())[self.name]
        return behaviour

    def resource(self, kind: str) -> Block:
        block: Block = self.schema["resource_schemas"][kind]["block"]
        return block

    def of(self, kind: str, aspect: str, default: Any) -> Any:
        return self.behaviour["resources"].get(kind, {}).get(aspect, default)

    def failed(self, action: str, kind: str, error: CloudError, name: str = "") -> list[pb.Diagnostic]:
        text = sentence(self.name, action, kind, name, error)
        return [pb.Diagnostic(severity=pb.Diagnostic.ERROR, summary=text)]

    # --- what it is -----------------------------------------------------------------------------------------------

    def GetMetadata(self, request: Any, context: Any) -> Any:
        return pb.GetMetadata.Response(
            server_capabilities=CAPABILITIES,
            resources=[pb.GetMetadata.ResourceMetadata(type_name=kind) for kind in self.schema["resource_schemas"]],
            data_sources=[
                pb.GetMetadata.DataSourceMetadata(type_name=kind) for kind in self.schema["data_source_schemas"]
            ],
        )

    def GetProviderSchema(self, request: Any, context: Any) -> Any:
        def message(kind: str, schema: dict[str, Any]) -> pb.Schema:
            sensitive = self.behaviour["sensitive"] + self.of(kind, "sensitive", [])
            return pb.Schema(version=schema["version"], block=block_message(schema["block"], sensitive))

        def messages(section: str) -> dict[str, pb.Schema]:
            return {kind: message(kind, schema) for kind, schema in self.schema[section].items()}

        return pb.GetProviderSchema.Response(
            provider=message("", self.schema["provider"]),
            resource_schemas=messages("resource_schemas"),
            data_source_schemas=messages("data_source_schemas"),
            server_capabilities=CAPABILITIES,
        )

    def GetFunctions(self, request: Any, context: Any) -> Any:
        return pb.GetFunctions.Response()

    # --- the provider itself --------------------------------------------------------------------------------------

    def ValidateProviderConfig(self, request: Any, context: Any) -> Any:
        return pb.ValidateProviderConfig.Response()

    def ConfigureProvider(self, request: Any, context: Any) -> Any:
        self.settings = read(request.config)
        try:
            self.client.call("configure", self.name)
        except CloudError as error:
            return pb.ConfigureProvider.Response(diagnostics=self.failed("configure", self.name, error))
        return pb.ConfigureProvider.Response()

    def StopProvider(self, request: Any, context: Any) -> Any:
        self.client.stop()
        return pb.StopProvider.Response()

    # --- resources ------------------------------------------------------------------------------------------------

    def ValidateResourceConfig(self, request: Any, context: Any) -> Any:
        return pb.ValidateResourceConfig.Response()

    def UpgradeResourceState(self, request: Any, context: Any) -> Any:
        return pb.UpgradeResourceState.Response(upgraded_state=pb.DynamicValue(json=request.raw_state.json))

    def ReadResource(self, request: Any, context: Any) -> Any:
        kind, state = request.type_name, read(request.current_state)
        try:
            found = self.client.call("read", kind, id=state["id"])
        except CloudError as error:
            if error.status == 404:
                return pb.ReadResource.Response(new_state=write(None))
            return pb.ReadResource.Response(
                new_state=request.current_state, diagnostics=self.failed("read", kind, error, state["id"])
            )
        new = {key: found.get(key, value) for key, value in state.items()}
        return pb.ReadResource.Response(new_state=write(new), private=request.private)

    def PlanResourceChange(self, request: Any, context: Any) -> Any:
        kind, prior, proposed = request.type_name, read(request.prior_state), read(request.proposed_new_state)
        if proposed is None:
            return pb.PlanResourceChange.Response(
                planned_state=request.proposed_new_state, planned_private=request.prior_private
            )
        result = planned(self.resource(kind), proposed, prior)
        self._default(result, read(request.config))
        added = self.of(kind, "added_blocks", [])  # blocks the cloud adds where the configuration has none
        for name in added:
            if not result[name]:
                result[name] = prior[name] if prior else UNKNOWN
        paths = self.behaviour["replace"] + self.of(kind, "replace", [])
        return pb.PlanResourceChange.Response(
            planned_state=write(result),
            requires_replace=[] if prior is None else [_path(steps) for steps in replaced_by(paths, prior, result)],
            planned_private=request.prior_private,
            legacy_type_system=bool(added),  # as the clouds' own providers say: else a block may not be unknown
        )

    def _default(self, result: dict[str, Value], config: dict[str, Value]) -> None:
        """Set what the provider's configuration gives every object: project, region, labels."""
        for name in self.behaviour["defaults"]:
            if name in result and config[name] is None and self.settings.get(name) is not None:
                result[name] = self.settings[name]
        for source, target, setting in self.behaviour["merged"]:
            if target in result and source in result:
                result[target] = self._merged(result[source], setting)

    def _merged(self, own: Value, setting: list[str]) -> Value:
        common: Value = self.settings
        for name in setting:
            common = (common[0] if isinstance(common, list) and common else common or {}).get(name)
        own, common = own or {}, common or {}
        if unknown(own) or not wholly_known(common):
            return UNKNOWN
        return {**common, **own}

    def ApplyResourceChange(self, request: Any, context: Any) -> Any:
        kind, prior, after = request.type_name, read(request.prior_state), read(request.planned_state)
        action = "delete" if after is None else "create" if prior is None else "update"
        name = ""
        try:
            if after is None:
                name = prior["id"]
                guard = self.of(kind, "guard", None)
                if guard and prior.get(guard):
                    raise CloudError(0, f"cannot destroy {name}: {guard} is set to true. Set it to false first")
                self.client.call(action, kind, id=name)
                return pb.ApplyResourceChange.Response(new_state=write(None))
            name = prior["id"] if prior else self._identity(kind, after)
            new = self._completed(kind, self.resource(kind), after, name)
            self.client.call(action, kind, id=name, object=plain(new))
        except CloudError as error:
            return pb.ApplyResourceChange.Response(
                new_state=request.prior_state,
                private=request.planned_private,
                diagnostics=self.failed(action, kind, error, name),
            )
        return pb.ApplyResourceChange.Response(
            new_state=write(new),
            private=request.planned_private,
            legacy_type_system=bool(self.of(kind, "added_blocks", [])),
        )

    def _identity(self, kind: str, value: dict[str, Value]) -> str:
        template, prefix = self.of(kind, "id", None), self.of(kind, "prefix", None)
        return identity(kind, value, template=template, prefix=prefix)

    def _completed(self, kind: str, block: Block, value: dict[str, Value], identifier: str) -> dict[str, Value]:
        formats = {
            "arn": f"arn:aws:{kind.split('_')[1]}:{{region}}:123456789012:{{id}}",
            **self.of(kind, "formats", {}),
        }
        return completed(block, value, identifier=identifier, formats=formats)

    def ImportResourceState(self, request: Any, context: Any) -> Any:
        kind = request.type_name
        try:
            found = self.client.call("read", kind, id=request.id)
        except CloudError as error:
            return pb.ImportResourceState.Response(diagnostics=self.failed("import", kind, error, request.id))
        block = self.resource(kind)
        state = {name: found.get(name) for name in block["attributes"]}
        for name, nested in block.get("block_types", {}).items():
            state[name] = found.get(name) or (None if nested["nesting_mode"] == "single" else [])
        return pb.ImportResourceState.Response(
            imported_resources=[
                pb.ImportResourceState.ImportedResource(type_name=kind, state=write({**state, "id": request.id}))
            ]
        )

    # --- data sources ---------------------------------------------------------------------------------------------

    def ValidateDataResourceConfig(self, request: Any, context: Any) -> Any:
        return pb.ValidateDataResourceConfig.Response()

    def ReadDataSource(self, request: Any, context: Any) -> Any:
        kind, config = request.type_name, read(request.config)
        block = self.schema["data_source_schemas"][kind]["block"]
        try:
            found = self.client.call("read", f"data.{kind}", object=plain(config))
        except CloudError as error:
            return pb.ReadDataSource.Response(diagnostics=self.failed("read", kind, error))
        given = {**config, **self.behaviour["data"].get(kind, {}), **found}
        value = self._completed(kind, block, planned(block, given, None), kind)
        return pb.ReadDataSource.Response(state=write(value))


def _path(steps: list[str | int]) -> pb.AttributePath:
    return pb.AttributePath(
        steps=[
            pb.AttributePath.Step(element_key_int=step)
            if isinstance(step, int)
            else pb.AttributePath.Step(attribute_name=step)
            for step in steps
        ]
    )
