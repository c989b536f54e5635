"""JSON Schemas of the files that a technician writes, and of bundles. `python -m tests.schemas` writes them.

Editors check and complete with them:
    docs/schema/diagnostic.schema.json    V3_DATA_DIR/diagnostics/*.toml and utils/judging/catalogue
    docs/schema/profile.schema.json       V3_DATA_DIR/profiles/*.toml
    docs/schema/signature.schema.json     V3_DATA_DIR/signatures/*.toml and utils/judging/catalogue/signatures
    docs/schema/bench.schema.json         V3_DATA_DIR/bench.toml
    docs/schema/bundle.schema.json        bundle.json of a bundle
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from utils.bench.places import ConfiguredBay
from utils.bundle.document import BundleManifest
from utils.judging.catalogue.models import Diagnostic
from utils.judging.catalogue.profile import Profile
from utils.judging.catalogue.signature import Harmless, Signature
from utils.settings import PROJECT

FOLDER = PROJECT / "docs" / "schema"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_OURS = ("origin", "expected", "expected_parts")  # set by the product, not by a file


def diagnostic_file() -> dict[str, Any]:
    """A file: `category` for all of it, and [[diagnostic]] entries, which may each name their own."""
    schema = Diagnostic.model_json_schema(ref_template="#/$defs/{model}")
    definitions = schema.pop("$defs")
    for name in _OURS:
        schema["properties"].pop(name)
    schema["required"].remove("category")
    schema["properties"]["category"] = {"$ref": "#/$defs/Category"}
    return {
        "$schema": DIALECT,
        "title": "Diagnostics of V3 Diagnostics",
        "type": "object",
        "additionalProperties": False,
        "required": ["diagnostic"],
        "properties": {
            "category": {"$ref": "#/$defs/Category"},
            "diagnostic": {"type": "array", "items": {"$ref": "#/$defs/Diagnostic"}},
        },
        "$defs": {**definitions, "Diagnostic": schema},
    }


def profile_file() -> dict[str, Any]:
    """A profile."""
    return {"$schema": DIALECT, **Profile.model_json_schema()}


def signature_file() -> dict[str, Any]:
    """Known kernel messages, and harmless ones."""
    return {
        "$schema": DIALECT,
        "title": "Kernel messages of V3 Diagnostics",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "signature": {"type": "array", "items": {"$ref": "#/$defs/Signature"}},
            "harmless": {"type": "array", "items": {"$ref": "#/$defs/Harmless"}},
        },
        "$defs": {shape.__name__: shape.model_json_schema() for shape in (Signature, Harmless)},
    }


def bench_file() -> dict[str, Any]:
    """The further bays of a bench."""
    return {
        "$schema": DIALECT,
        "title": "Bays of V3 Diagnostics",
        "type": "object",
        "additionalProperties": False,
        "properties": {"bay": {"type": "array", "items": {"$ref": "#/$defs/Place"}}},
        "$defs": {"Place": ConfiguredBay.model_json_schema()},
    }


def bundle_file() -> dict[str, Any]:
    """bundle.json of a bundle."""
    return {"$schema": DIALECT, **BundleManifest.model_json_schema(), "title": "Bundle of V3 Diagnostics"}


SCHEMAS = {
    "diagnostic.schema.json": diagnostic_file,
    "signature.schema.json": signature_file,
    "profile.schema.json": profile_file,
    "bench.schema.json": bench_file,
    "bundle.schema.json": bundle_file,
}


def text(name: str) -> str:
    """What the file is to hold."""
    return json.dumps(SCHEMAS[name](), indent=2, sort_keys=True) + "\n"


def main(folder: Path = FOLDER) -> None:
    """Write all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SCHEMAS:
        (folder / name).write_text(text(name), encoding="utf-8")


if __name__ == "__main__":
    main()
