"""docs/schema: current, and of one mind with the loader."""

from __future__ import annotations

import re
import tomllib

import jsonschema
import pytest

from tests import schemas
from tests.readme_tables import README
from utils.judging.catalogue.loader import FOLDER

TOML = [name for name in schemas.SCHEMAS if name != "bundle.schema.json"]
TEXT = README.read_text(encoding="utf-8")


def test_the_schemas_are_the_codes_own_and_take_the_examples() -> None:
    for name in schemas.SCHEMAS:
        assert (schemas.FOLDER / name).read_text(encoding="utf-8") == schemas.text(name), "run: make schema"
    examples = [tomllib.loads(text) for text in re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)]
    for example, name in zip(examples, TOML, strict=True):
        jsonschema.validate(example, schemas.SCHEMAS[name]())


def test_the_schema_takes_the_whole_catalogue_and_refuses_what_the_loader_refuses() -> None:
    schema = schemas.diagnostic_file()
    for path in FOLDER.glob("*.toml"):
        jsonschema.validate(tomllib.loads(path.read_text(encoding="utf-8")), schema)
    wrong = {"diagnostic": [{"id": "x", "titel": "x"}]}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"name": "x", "expect": {"camras": 2}}, schemas.profile_file())


def test_the_schema_takes_all_built_in_signatures() -> None:
    schema = schemas.signature_file()
    for path in (FOLDER / "signatures").glob("*.toml"):
        jsonschema.validate(tomllib.loads(path.read_text(encoding="utf-8")), schema)
