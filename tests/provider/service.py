"""The provider's remote procedures, protocol 6: Terraform's questions, answered from schema, behaviour and toy cloud."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

from tf.gen import tfplugin_pb2 as pb
from tf.gen.tfplugin_pb2_grpc import ProviderServicer

from tests.provider.client import Client, CloudError
from tests.provider.errors import sentence
from tests.provider.messages import block_message, path_message, plain, read, write
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
CAPABILITIES = pb.ServerCapabilities(plan_destroy=True, get_provider_schema_optional=True)


class Provider(ProviderServicer):  # type: ignore[misc]  # generated, untyped
    """Serves the schema of one cloud's provider."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.client = Client()
        self.settings: dict[str, Value] = {}

    @cached_property
    def schema(self) -> dict[str, Any]:
        document = json.loads((FOLDER / "reduced" / f"{self.name}.json").read_text())
        schema: dict[str, Any]
        (schema,) = document["provider_schemas"].values()
        return schema

    @cached_property
    def behaviour(self) -> dict[str, Any]:
        """What the schema does not say, of the provider and of its types.

        replace       what replaces an object when it changes: of every type, or of one; `spec.volume_name` is in a block
        defaults      what an object takes over from the provider's settings
        merged        attribute, the attribute that it becomes together with a setting, that setting
        scope         the setting that tells apart objects of one name
        sensitive     attributes that are secrets
        data          what a data source of that type answers
        id, prefix    how an object's id is made: from its attributes, or random after a prefix
        formats       computed attributes that are made from others; {ip} is an address of the object's own
        guard         the attribute that forbids to destroy the object
        added_blocks  blocks that the cloud adds where the configuration has none
        """
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

    def _call(self, action: str, kind: str, identifier: str, **arguments: Any) -> Any:
        """Call the toy cloud about an object: those of a Kubernetes cluster are known by its address, too."""
        scope = self._setting(self.behaviour["scope"])
        return self.client.call(action, kind, id=f"{identifier}@{scope}" if scope else identifier, **arguments)

    def _setting(self, path: list[str]) -> Value:
        """Return one of the provider's settings; `default_tags.tags` is written ["default_tags", "tags"]."""
        value: Value = self.settings
        for name in path:
            block = value[0] if isinstance(value, list) and value else value
            value = block.get(name) if isinstance(block, dict) else None
        return value if path else None

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
        self.settings = read(request.config) or {}
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
            found = self._call("read", kind, state["id"])
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
            requires_replace=[]
            if prior is None
            else [path_message(steps) for steps in replaced_by(paths, prior, result)],
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
        common = self._setting(setting)
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
                self._call(action, kind, name)
                return pb.ApplyResourceChange.Response(new_state=write(None))
            name = prior["id"] if prior else self._identity(kind, after)
            new = self._completed(kind, self.resource(kind), after, name)
            self._call(action, kind, name, object=plain(new))
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
            found = self._call("read", kind, request.id)
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
