"""The committed schemas are those of the modules' types, and say where they come from."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.provider.jsii import Source, Unreadable
from tests.provider.schemas import PROVIDERS, SCHEMAS, SECTIONS, text, used

SCRIPT = """\
class ComputeDiskTimeoutsOutputReference extends cdktn.ComplexObject {
    // create - computed: false, optional: true, required: false
    _create;
    get create() {
        return this.getStringAttribute('create');
    }
}
class ComputeDisk extends cdktn.TerraformResource {
    static tfResourceType = "google_compute_disk";
    // size - computed: true, optional: true, required: false
    _size;
    get size() {
        return this.getNumberAttribute('size');
    }
    // timeouts - computed: false, optional: true, required: false
    _timeouts = new ComputeDiskTimeoutsOutputReference(this, "timeouts");
    // =========
    synthesizeHclAttributes() {
        const attrs = {
            size: {
                value: cdktn.numberToHclTerraform(this._size),
                isBlock: false,
                type: "simple",
                storageClassType: "number",
            },
            timeouts: {
                value: computeDiskTimeoutsToHclTerraform(this._timeouts.internalValue),
                isBlock: true,
                type: "struct",
                storageClassType: "ComputeDiskTimeouts",
            },
        };
    }
}
"""


def document(provider: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((SCHEMAS / f"{provider}.json").read_text())
    return result


def test_every_type_of_the_modules_has_a_schema() -> None:
    wanted = used()
    known = set()
    for provider in PROVIDERS:
        (schemas,) = document(provider)["provider_schemas"].values()
        known |= {(word, kind) for word, section in SECTIONS.items() for kind in schemas[section]}
    assert ("resource", "google_container_cluster") in wanted
    assert sorted(wanted - known) == [], "make them anew: python -m tests.provider.schemas"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_is_said_of_a_types_behaviour_fits_its_schema(provider: str) -> None:
    behaviour = json.loads((SCHEMAS.parent / "behaviour.json").read_text())[provider]
    (schemas,) = document(provider)["provider_schemas"].values()
    for kind, said in behaviour["resources"].items():
        block = schemas["resource_schemas"][kind]["block"]
        names = (
            {path.split(".")[0] for path in said.get("replace", [])}
            | set(said.get("formats", {}))
            | set(said.get("added_blocks", []))
        )
        assert names <= set(block["attributes"]) | set(block.get("block_types", {})), kind


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_schemas_say_what_they_were_made_from(provider: str) -> None:
    told = document(provider)["provenance"]
    assert told["package"] == f"cdktn-provider-{provider}"
    assert told["file"].startswith(f"cdktn_provider_{provider}-{told['version']}-")
    assert len(bytes.fromhex(told["sha256"])) == 32
    assert told["provider"] == f"registry.terraform.io/hashicorp/{provider}"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_schemas_are_written_as_the_script_writes_them(provider: str) -> None:
    assert (SCHEMAS / f"{provider}.json").read_text() == text(document(provider))


def test_a_schema_is_read_back_from_generated_javascript() -> None:
    assert Source(SCRIPT, framework=False).schemas() == {
        "resource_schemas": {
            "google_compute_disk": {
                "version": 0,
                "block": {
                    "attributes": {"size": {"computed": True, "optional": True, "type": "number"}},
                    "block_types": {
                        "timeouts": {
                            "nesting_mode": "single",
                            "block": {"attributes": {"create": {"optional": True, "type": "string"}}},
                        }
                    },
                },
            }
        }
    }


def test_javascript_that_is_written_otherwise_is_not_guessed_at() -> None:
    with pytest.raises(Unreadable, match=r"ComputeDisk\.size: no type found"):
        Source(SCRIPT.replace("getNumberAttribute", "number").replace('"simple"', '"new"'), framework=False).schemas()
