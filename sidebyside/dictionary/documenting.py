"""Write down what the files of the dictionary may hold, for editors and for readers.

    python -m sidebyside.dictionary.documenting

writes ``dictionary/schema.json`` and the tables of keys in ``dictionary/README.md``, both from the
classes of `sidebyside.dictionary.schema`.
"""

import re
import sys
from pathlib import Path
from typing import Any

import msgspec

from sidebyside.dictionary.entries import FOLDER
from sidebyside.dictionary.schema import KEY, Entry, Head, Trap
from sidebyside.files import write_json, write_text

SCHEMA = FOLDER / "schema.json"
README = FOLDER / "README.md"
TABLES = {"entry": Entry, "trap": Trap, "chapter": Head}  # by the name in the marker


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of a chapter's file."""
    _, found = msgspec.json.schema_components((Head, Entry), ref_template="#/$defs/{name}")
    components = msgspec.json.decode(msgspec.json.encode(found))  # lists where it has tuples
    components["Entry"]["properties"].pop("key")  # the name of the table
    components["Entry"]["required"].remove("key")
    for component in components.values():
        component["description"] = component["description"].partition("\n")[0]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A chapter of the dictionary",
        "type": "object",
        "properties": {"chapter": {"$ref": "#/$defs/Head"}},
        "required": ["chapter"],
        "propertyNames": {"pattern": f"^{KEY}$"},
        "additionalProperties": {"$ref": "#/$defs/Entry"},
        "$defs": components,
    }


def with_tables(text: str, schema: dict[str, Any]) -> str:
    """Return a text with the tables of keys between its markers.

    Parameters
    ----------
    text
        It has ``<!-- keys of NAME: begin -->`` and ``end`` for each of `TABLES`.
    schema
        What `json_schema` returns.
    """
    for name, kind in TABLES.items():
        component = schema["$defs"][kind.__name__]
        required = component["required"]
        rows = [
            f"| {f'**`{key}`**' if key in required else f'`{key}`'} | {rule['description']} |"
            for key, rule in component["properties"].items()
        ]
        table = "".join(f"{row}\n" for row in ["| key | |", "|---|---|", *rows])
        markers = rf"(<!-- keys of {name}: begin -->\n).*?(<!-- keys of {name}: end -->)"
        if found := re.search(markers, text, flags=re.DOTALL):
            text = f"{text[: found.end(1)]}{table}{text[found.start(2) :]}"
    return text


def main(schema_file: Path = SCHEMA, readme: Path = README) -> int:
    """Write the schema and the tables."""
    schema = json_schema()
    write_json(schema_file, schema)
    write_text(readme, with_tables(readme.read_text("utf-8"), schema))
    print(f"Wrote {schema_file.name} and the tables of {readme.name}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
