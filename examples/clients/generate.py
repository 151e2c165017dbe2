"""Makes the types of the clients of the host's own descriptions, docs/openapi.json and docs/asyncapi.json.

    python3 examples/clients/generate.py            # writes them
    python3 examples/clients/generate.py --check    # fails where they are not what it would write

Needs nothing but Python. What it writes depends on the two documents alone, so a change of the API that a client
would notice is a change of these files.
"""

from __future__ import annotations

import json
import keyword
import sys
import textwrap
from pathlib import Path
from typing import Any

CLIENTS = Path(__file__).resolve().parent
DOCS = CLIENTS.parent.parent / "docs"
MADE = "Made by examples/clients/generate.py of docs/{}; not to be edited."
WIDTH = 110

Schema = dict[str, Any]
Schemas = dict[str, Schema]


def referred(schema: Schema) -> str | None:
    """The name of the schema that this one stands for."""
    place = schema.get("$ref")
    return None if place is None else place.rsplit("/", 1)[1]


def names(schema: Any) -> list[str]:
    """The names of all schemas within this one."""
    if isinstance(schema, list):
        return [name for one in schema for name in names(one)]
    if not isinstance(schema, dict):
        return []
    own = referred(schema)
    return ([own] if own else []) + names(list(schema.values()))


def literals(schema: Schema) -> list[Any]:
    return [schema["const"]] if "const" in schema else schema.get("enum", [])


def kinds(schema: Schema) -> list[str]:
    kind = schema.get("type", [])
    return [kind] if isinstance(kind, str) else kind


def alternatives(schema: Schema) -> list[Schema]:
    return schema.get("oneOf") or schema.get("anyOf") or []


def unique(items: list[str]) -> list[str]:
    return list(dict.fromkeys(items))


def is_record(schema: Schema) -> bool:
    """Whether it has fields of its own, or those of others."""
    return "properties" in schema or "allOf" in schema


def words(text: str) -> str:
    """A description in one line."""
    return " ".join(text.split())


# TypeScript

TYPESCRIPT = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def typescript(schema: Schema, indent: str = "") -> str:
    """A schema as a type."""
    if (name := referred(schema)) is not None:
        return name
    if "allOf" in schema:
        return " & ".join(grouped(typescript(part, indent)) for part in schema["allOf"])
    if found := alternatives(schema):
        return " | ".join(unique([typescript(one, indent) for one in found]))
    if found := literals(schema):
        return " | ".join(json.dumps(one) for one in found)
    return " | ".join(of_kind(kind, schema, indent) for kind in kinds(schema)) or "unknown"


def grouped(text: str) -> str:
    return f"({text})" if " | " in text and not text.startswith("{") else text


def of_kind(kind: str, schema: Schema, indent: str) -> str:
    if kind == "array":
        item = typescript(schema.get("items", {}), indent)
        return f"({item})[]" if " " in item else f"{item}[]"
    if kind != "object":
        return TYPESCRIPT[kind]
    if "properties" in schema:
        return "\n".join(["{", *fields(schema, indent + "  "), indent + "}"])
    more = schema.get("additionalProperties", True)
    value = typescript(more, indent) if isinstance(more, dict) else "unknown"
    return f"{{ [name: string]: {value} }}"


def fields(schema: Schema, indent: str) -> list[str]:
    lines = []
    for name, field in schema["properties"].items():
        if "description" in field:
            lines.append(f"{indent}/** {words(field['description'])} */")
        mark = "" if name in schema.get("required", []) else "?"
        key = name if name.isidentifier() else json.dumps(name)
        lines.append(f"{indent}{key}{mark}: {typescript(field, indent)};")
    return lines


def typescript_file(document: str, schemas: Schemas, more: list[str]) -> str:
    lines = ["// " + MADE.format(document)]
    for name, schema in schemas.items():
        lines.append("")
        if "description" in schema:
            lines.append(f"/** {words(schema['description'])} */")
        lines.append(f"export type {name} = {typescript(schema)};")
    return "\n".join([*lines, *more, ""])


# Python

PYTHON = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


class Module:
    """Typed dictionaries, each after those whose fields it has too."""

    def __init__(self, schemas: Schemas) -> None:
        self.schemas = schemas
        self.lines: list[str] = []
        # The classes that each name stands for.
        self.classes: dict[str, list[str]] = {}
        for name in schemas:
            self.define(name)

    def define(self, name: str) -> list[str]:
        """Writes the schema of a name, where it is not there yet; the classes that the name stands for, if it does."""
        if name in self.classes:
            return self.classes[name]
        # Who names itself finds itself.
        self.classes[name] = [name]
        schema = self.schemas[name]
        if is_record(schema):
            self.classes[name] = self.records(name, schema)
        elif (found := alternatives(schema)) and all(is_record(one) or referred(one) for one in found):
            classes = [self.variant(f"{name}{number}", one) for number, one in enumerate(found, 1)]
            self.classes[name] = [one for group in classes for one in group]
            self.alias(name, " | ".join(self.classes[name]), schema)
        else:
            self.classes[name] = []
            for other in names(schema):
                self.define(other)
            self.alias(name, self.of(schema, f"{name}Fields"), schema)
        return self.classes[name]

    def variant(self, name: str, schema: Schema) -> list[str]:
        if (target := referred(schema)) is not None:
            return self.define(target)
        return self.records(name, schema)

    def records(self, name: str, schema: Schema) -> list[str]:
        """Writes a schema with fields; several where some of them are those of one or the other."""
        combined: list[list[str]] = [[]]
        own: Schema = {"properties": {}, "required": [], "description": schema.get("description", "")}
        for part in schema.get("allOf", [schema]):
            if (target := referred(part)) is not None:
                combined = [bases + [one] for bases in combined for one in self.define(target)]
                continue
            own["properties"] |= part.get("properties", {})
            own["required"] += part.get("required", [])
        if len(combined) == 1:
            self.record(name, combined[0], own)
            return [name]
        names = [f"{name}{number}" for number in range(1, len(combined) + 1)]
        for one, bases in zip(names, combined):
            self.record(one, bases, own)
        self.alias(name, " | ".join(names), schema)
        return names

    def record(self, name: str, bases: list[str], schema: Schema) -> None:
        required = schema["required"]
        members = {}
        for key, field in schema["properties"].items():
            members[key] = self.of(field, name + "".join(word.capitalize() for word in key.split("_")))
        if any(keyword.iskeyword(key) or not key.isidentifier() for key in members):
            # The only way to write such a name.
            plain = f"{name}Fields" if bases else name
            kinds = {key: f'"{quoted(kind)}"' for key, kind in members.items()}
            kinds = {key: kind if key in required else f"NotRequired[{kind}]" for key, kind in kinds.items()}
            lines = [f'    "{key}": {kind},' for key, kind in kinds.items()]
            self.block([f'{plain} = TypedDict("{plain}", {{', *lines, "})"])
            if not bases:
                return
            bases, members = [*bases, plain], {}
        body = [f'    """{words(schema["description"])}"""', ""] if schema["description"] else []
        for key, kind in members.items():
            body.append(f"    {key}: {kind if key in required else f'NotRequired[{kind}]'}")
        while body and not body[-1]:
            body.pop()
        self.block([f"class {name}({', '.join(bases or ['TypedDict'])}):", *(body or ["    pass"])])

    def alias(self, name: str, kind: str, schema: Schema) -> None:
        comment = words(schema.get("description", ""))
        lines = textwrap.wrap(comment, WIDTH, initial_indent="# ", subsequent_indent="# ")
        self.block([*lines, f"{name}: TypeAlias = {kind}"])

    def block(self, lines: list[str]) -> None:
        self.lines += ["", "", *lines]

    def of(self, schema: Schema, owner: str) -> str:
        """A schema as a type; fields that are written within it get a class named by their owner."""
        if (name := referred(schema)) is not None:
            return name
        if found := alternatives(schema):
            return " | ".join(unique([self.of(one, owner) for one in found]))
        if found := literals(schema):
            return f"Literal[{', '.join(json.dumps(one) for one in found)}]"
        if is_record(schema):
            return " | ".join(self.records(owner, schema))
        return " | ".join(self.of_kind(kind, schema, owner) for kind in kinds(schema)) or "Any"

    def of_kind(self, kind: str, schema: Schema, owner: str) -> str:
        if kind == "array":
            return f"list[{self.of(schema.get('items', {}), owner)}]"
        if kind != "object":
            return PYTHON[kind]
        more = schema.get("additionalProperties", True)
        return f"dict[str, {self.of(more, owner) if isinstance(more, dict) else 'Any'}]"


def quoted(kind: str) -> str:
    """A type that stands within quotation marks."""
    return kind.replace('"', "'")


def python_file(document: str, schemas: Schemas, more: list[str]) -> str:
    head = [
        f'"""{MADE.format(document)}"""',
        "",
        "from __future__ import annotations",
        "",
        "from typing import Any, Literal, NotRequired, TypeAlias, TypedDict",
    ]
    return "\n".join([*head, *Module(schemas).lines, *more, ""])


def described(document: str) -> tuple[Schemas, Schema]:
    description = json.loads((DOCS / document).read_text(encoding="utf-8"))
    return description["components"]["schemas"], description


def files() -> dict[Path, str]:
    """All files with what they should have."""
    rest, _ = described("openapi.json")
    told, streams = described("asyncapi.json")
    channels = streams["x-channels"]
    conflated = json.dumps(sorted(name for name, channel in channels.items() if not channel["complete"]))
    comment = "Channels of which only the latest counts: there is nothing to go on with."
    constant = ["", f"/** {comment} */", f"export const CONFLATED: readonly string[] = {conflated};"]
    python_constant = ["", "", f"# {comment}", f"CONFLATED = frozenset({conflated})"]
    return {
        CLIENTS / "typescript/rest.ts": typescript_file("openapi.json", rest, []),
        CLIENTS / "typescript/messages.ts": typescript_file("asyncapi.json", told, constant),
        CLIENTS / "python/argonaut_rest.py": python_file("openapi.json", rest, []),
        CLIENTS / "python/argonaut_messages.py": python_file("asyncapi.json", told, python_constant),
    }


def main() -> int:
    is_check = sys.argv[1:] == ["--check"]
    other = []
    for file, text in files().items():
        if is_check:
            there = file.read_text(encoding="utf-8") if file.exists() else ""
            other += [file.name] if there != text else []
        else:
            file.write_text(text, encoding="utf-8")
    if other:
        print(f"{', '.join(other)}: not of the API as it is; run python3 examples/clients/generate.py")
    return 1 if other else 0


if __name__ == "__main__":
    sys.exit(main())
