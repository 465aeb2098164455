"""The schema for editors and the tables of keys: they are what the classes say."""

import json
import tomllib

import jsonschema
import pytest

from sidebyside.dictionary import documenting
from sidebyside.dictionary.entries import CHAPTER, FOLDER
from sidebyside.dictionary.schema import Entry, Head, Trap

UPDATE = "'python -m sidebyside.dictionary.documenting' writes it"


def test_the_schema_in_the_repository_is_current():
    kept = json.loads(documenting.SCHEMA.read_text("utf-8"))
    assert kept == documenting.json_schema(), UPDATE


def test_the_tables_of_keys_are_current():
    text = documenting.README.read_text("utf-8")
    assert documenting.with_tables(text, documenting.json_schema()) == text, UPDATE
    for kind in (Entry, Trap, Head):
        for key in {*kind.__struct_encode_fields__} - {"key"}:
            assert f"`{key}`" in text


def test_every_key_says_what_it_is_for():
    for component in documenting.json_schema()["$defs"].values():
        assert component["description"]
        for key, rule in component["properties"].items():
            assert rule.get("description"), key


@pytest.fixture(scope="module")
def validator():
    schema = documenting.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_schema_takes_every_chapter(validator):
    for file in FOLDER.glob("*.toml"):
        if CHAPTER.fullmatch(file.name):
            validator.validate(tomllib.loads(file.read_text("utf-8")))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("tolerance = 1e-6", 'tolerance = "small"', "is not valid under any of"),
        ('verdict = "same"', 'verdict = "alike"', "'alike' is not one of"),
        ('note = "They add."', "", "'note' is a required property"),
        ('note = "They add."', 'note = "They add."\ncolour = "red"', "'colour' was unexpected"),
        ("[total]", "[Total]", "does not match"),
        ("[[total.trap]]", "[[total.trap]]\nkey = 1", "'key' was unexpected"),
    ],
)
def test_the_schema_marks_what_is_wrong(validator, good, trap, old, new, said):
    text = good + trap
    assert old in text
    validator.validate(tomllib.loads(text))
    errors = list(validator.iter_errors(tomllib.loads(text.replace(old, new))))
    assert any(said in error.message for error in errors), errors


def test_the_command_writes_both(tmp_path):
    readme = tmp_path / "README.md"
    text = documenting.README.read_text("utf-8")
    readme.write_text(text.replace("| `alone` |", "| `lonely` |"), "utf-8")
    assert documenting.main(tmp_path / "schema.json", readme) == 0
    assert readme.read_text("utf-8") == text
    assert json.loads((tmp_path / "schema.json").read_text("utf-8")) == documenting.json_schema()
