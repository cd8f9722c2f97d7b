"""Texts that try to run script, in every place of a workflow, and of what a server tells of one.

Each stands with a mark of its own, "⟦field·number⟧", so that a test can tell which of them a page
has shown, and where from.
"""

from __future__ import annotations

import json
import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

from editor.browser import EDITOR

PAYLOADS: list[str] = json.loads((EDITOR / "tests/fixtures/payloads.json").read_text("utf-8"))
COUNT = len(PAYLOADS)
CROWD = 14  # of them in one node
COLUMNS = 14
MANY = 10  # where one would do
ONE = 8  # one that runs wherever it is an element, also after its entities were decoded
# A name may not hold these. Text that is decoded once too often has them again.
IN_NAMES = {".": "&period;", "/": "&sol;", ":": "&colon;"}
IN_FILES = IN_NAMES | {
    "<": "&lt;", ">": "&gt;", '"': "&quot;", "|": "&vert;", "?": "&quest;", "*": "&ast;",
    "\\": "&bsol;",
}  # fmt: skip


def mark(field: str, number: int) -> str:
    return f"⟦{field}·{number}⟧"


def texts(field: str, most: int = 1000) -> list[str]:
    """All of them, each with its mark, in at most so many characters."""
    marks = (mark(field, number) for number in range(COUNT))
    return [
        one[: most - len(ending) - 1] + " " + ending
        for one, ending in zip(PAYLOADS, marks, strict=True)
    ]


def whole(field: str) -> str:
    """All of them in one text, for a place of which there is only one."""
    return "\n".join(texts(field))


def names(field: str, most: int = 200, instead: dict[str, str] = IN_NAMES) -> list[str]:
    """All of them as names: without what a name may not hold."""
    shorter = [one.replace("globalThis.weftRan", "weftRan") for one in PAYLOADS]
    table = {ord(sign): text for sign, text in instead.items()}
    table |= dict.fromkeys(range(32), " ")
    found = []
    for number, one in enumerate(shorter):
        ending = mark(field, number)
        kept = one.translate(table).strip(". ")[: most - len(ending)]
        found.append(kept + ending)
    return found


def place(number: int, height: int, top: int = 0) -> list[int]:
    return [number % COLUMNS * 260, top + number // COLUMNS * height]


def strangers(most: int = COUNT) -> dict[str, Any]:
    """Nodes of types that nobody has, and some that have all as names, values and links."""
    ids, links = names("id"), names("output")
    rows = zip(ids, texts("type", 200), texts("title"), texts("value"), links, strict=True)
    nodes: dict[str, Any] = {
        id: {
            "type": type, "title": title, "values": {"v": value},
            "links": {"l": f"{ids[number - 1]}.{link}"},
        }
        for number, (id, type, title, value, link) in enumerate(rows)
    }  # fmt: skip
    nodes = dict(list(nodes.items())[:most])
    for first in range(0, most, CROWD):
        part = slice(first, first + CROWD)
        given = zip(texts("input")[part], texts("entry")[part], strict=True)
        linked = zip(texts("linked")[part], ids[part], links[part], strict=True)
        dead = zip(texts("deadinput")[part], texts("dead")[part], strict=True)
        nodes[f"crowd{first}"] = {
            "type": "acme:crowd",
            "title": whole("whole") if first == 0 else "crowd",
            "values": dict(given),
            "links": {name: f"{id}.{link}" for name, id, link in linked} | dict(dead),
        }
    places = {id: place(number, 140) for number, id in enumerate(ids[:most])}
    places |= {
        id: place(number, 0, 1140)
        for number, id in enumerate(one for one in nodes if one.startswith("crowd"))
    }
    return {"weft": 1, "nodes": nodes, "view": {"nodes": places}}


def settings() -> dict[str, Any]:
    """Nodes that there are, set to what no file, choice or number is called."""
    kinds = [
        ("image.load", "path"), ("model.load_checkpoint", "file"),
        ("number.calculate", "operation"), ("number.calculate", "a"), ("primitive.text", "value"),
    ]  # fmt: skip
    nodes: dict[str, Any] = {}
    for number, text in enumerate(PAYLOADS):
        type, name = kinds[number % len(kinds)]
        # The mark comes first: of what is no number, only the beginning is shown.
        value = f"{mark('setting', number)} {text}"
        nodes[f"n{number}"] = {"type": type, "values": {name: value}}
    for type, name in kinds[1:]:  # no address may be as long as all of them
        nodes[f"{type} {name}".replace(".", " ")] = {"type": type, "values": {name: whole("one")}}
    places = {id: place(number, 180) for number, id in enumerate(nodes)}
    return {"weft": 1, "nodes": nodes, "view": {"nodes": places}}


def writing() -> dict[str, Any]:
    """Notes, groups, subgraphs, parameters, requirements: what only people read."""
    subgraphs = names("subgraph", 190)
    nodes: dict[str, Any] = {
        f"u{number}": {"type": f"subgraph:{name}"} for number, name in enumerate(subgraphs)
    }
    nodes["t"] = {"type": "primitive.text", "values": {"value": "plain"}}
    inner = {"nodes": {"n": {"type": "primitive.text", "values": {"value": "inner"}}}}
    many = {
        "inputs": dict.fromkeys(texts("subinput"), "n.value"),
        "outputs": dict.fromkeys(texts("suboutput"), "n.value"),
    }
    parameters: dict[str, Any] = dict.fromkeys(names("parameter"), "t.value")
    parameters |= dict(zip(names("lost"), texts("target"), strict=True))
    return {
        "weft": 1,
        "nodes": nodes,
        "parameters": parameters,
        "requires": dict(zip(texts("requires"), texts("version"), strict=True)),
        "subgraphs": {
            name: inner | (many if number == 0 else {}) for number, name in enumerate(subgraphs)
        },
        "view": {
            "title": whole("viewtitle"),
            "description": whole("description"),
            "nodes": {
                id: place(number, 50) for number, id in enumerate(nodes)
            },
            "collapsed": ["u0"],  # with all its inputs it would be higher than all else
            "notes": [
                {
                    "id": f"note{number}",
                    # A mark behind it would make another text of some.
                    "text": f"{mark('note', number)}\n\n{text}",
                    "box": [*place(number, 110, 500), 240, 100],
                }
                for number, text in enumerate(PAYLOADS)
            ],
            "groups": [
                {
                    "id": f"group{number}",
                    "title": title,
                    "box": [*place(number, 60, 1400), 240, 50],
                }
                for number, title in enumerate(texts("group"))
            ],
        },
    }  # fmt: skip


def fought(field: str) -> dict[str, Any]:
    """One of several versions of the same workflow, in which every value is another."""
    of = zip(names("foughtid"), texts("foughttitle"), texts(field), strict=True)
    nodes = {
        id: {"type": "primitive.text", "title": title, "values": {"value": value}}
        for id, title, value in of
    }
    return {"weft": 1, "nodes": nodes, "requires": dict.fromkeys(texts("foughtname"), field)}


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A small picture with more in it."""
    target = BytesIO()
    Image.new("RGB", (8, 8), "red").save(target, "PNG")
    plain = target.getvalue()
    header = 8 + 25  # the signature and IHDR
    return plain[:header] + b"".join(_chunk(*one) for one in chunks) + plain[header:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
