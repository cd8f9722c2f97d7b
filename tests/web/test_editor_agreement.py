"""The editor's document agrees with the engine: the same bytes, the same problems, the same kinds.

Random documents, right and wrong, are given to both. The editor's side runs in Node.
"""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from weft import Registry, Workflow, WorkflowError
from weft.graph import Graph
from weft.suggest import closest
from weft.typing_rules import Bindings, accepts, resolve

ROOT = Path(__file__).parent.parent.parent
EDITOR = ROOT / "web" / "editor"
ESBUILD = EDITOR / "node_modules" / ".bin" / "esbuild"
COUNT = 2000 if os.environ.get("CI") else 600
pytestmark = pytest.mark.skipif(
    not ESBUILD.exists() or shutil.which("node") is None, reason="the editor's packages are needed"
)

# Which problem of the engine each of the editor's codes is.
MESSAGES = {
    "unknownType": "unknown node type",
    "newerVersion": "made by a newer version",
    "missing": "is missing",
    "noSuchInput": "has no such input",
    "valueAndLink": "has both a value and a link",
    "wrongValue": "wrong value",
    "takesNoValue": "takes no literal value",
    "noSuchSubgraph": "there is no subgraph",
    "containsItself": "contains itself",
    "tooManyNodes": "expand to too many nodes",
    "cycle": "form a cycle",
    "notALink": "is no link",
    "noSuchNode": "but there is no node",
    "noSuchOutput": "has no output",
    "wrongKind": "wrong kind from",
    "cannotBypass": "cannot be bypassed",
    "subgraphInput": "names no inner input",
    "subgraphOutput": "names no inner output",
    "parameterTarget": "names no input",
    "parameterInput": "has no input",
    "specifier": "is no version specifier",
    "notInstalled": "is not installed",
    "otherVersion": "another version is needed",
}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.installed()


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The editor's document, made runnable by Node."""
    out = tmp_path_factory.mktemp("editor") / "agree.mjs"
    source = EDITOR / "tests" / "document" / "agree.ts"
    options = ["--bundle", "--platform=node", "--format=esm", "--log-level=error"]
    command = [str(ESBUILD), str(source), f"--outfile={out}", *options]
    subprocess.run(command, check=True, cwd=EDITOR)
    return out


class Editor:
    """Asks the editor's document."""

    def __init__(self, script: Path, registry: Registry) -> None:
        self.script = script
        nodes = [one.as_dict() for one in registry.specs()]
        kinds = [asdict(one) for one in registry.kinds()]
        self.asked: dict[str, Any] = {
            "catalogue": json.dumps({"nodes": nodes, "kinds": kinds}),
            "versions": registry.versions,
        }

    def ask(self, what: str, items: Sequence[Any]) -> list[Any]:
        empty: dict[str, list[Any]] = {
            key: [] for key in ("documents", "kinds", "specifiers", "names", "floats")
        }
        text = json.dumps({**self.asked, **empty, what: list(items)})
        done = subprocess.run(
            ["node", str(self.script)], input=text.encode(), capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        answers: list[Any] = json.loads(done.stdout)[what]
        return answers


@pytest.fixture(scope="module")
def editor(script: Path, registry: Registry) -> Editor:
    return Editor(script, registry)


def engine(text: str, registry: Registry) -> dict[str, Any]:
    """What the engine makes of a document, in the form in which the editor answers."""
    try:
        workflow = Workflow.loads(text)
    except WorkflowError as error:
        return {"refused": {plain_path(one.path) for one in error.problems}}
    problems, _ = Graph.checked(workflow, registry)
    return {
        "text": workflow.dumps(),
        "problems": {(one.path, code(one.message), one.suggestion) for one in problems},
    }


def code(message: str) -> str:
    found = [code for code, part in MESSAGES.items() if part in message]
    assert found, message
    # "has no input" and the like are parts of no other message.
    return max(found, key=lambda one: len(MESSAGES[one]))


def plain_path(path: str) -> str:
    """The path without pydantic's name of the alternative that did not fit."""
    return path.partition(".tuple[")[0]


def compare(texts: Sequence[str], editor: Editor, registry: Registry) -> dict[str, int]:
    """Compare all documents; tells how many had which problem."""
    told: dict[str, int] = {}
    for text, answer in zip(texts, editor.ask("documents", texts), strict=True):
        wanted = engine(text, registry)
        if "refused" in wanted or "refused" in answer:
            assert set(answer.get("refused", ())) == wanted.get("refused"), text
            told["refused"] = told.get("refused", 0) + 1
            continue
        assert answer["text"] == wanted["text"]
        problems = {tuple(one) for one in answer["problems"]}
        assert compared(problems, text) == compared(wanted["problems"], text), text
        for _, name, _ in problems:
            told[name] = told.get(name, 0) + 1
    return told


def compared(problems: set[tuple[str, str, str | None]], text: str) -> set[tuple[str, ...]]:
    """The problems as both sides should tell them."""
    if json.loads(text).get("subgraphs") or '"mode"' in text:
        # The editor means a node as it is called in its graph, the engine what will run.
        problems = {(path, name, "" if name == "noSuchNode" else s) for path, name, s in problems}
    return {(path, name, suggestion or "") for path, name, suggestion in problems}


def test_the_workflows_that_ship(editor: Editor, registry: Registry) -> None:
    texts = [path.read_text() for path in sorted((ROOT / "workflows").glob("*.json"))]
    assert len(texts) > 3
    assert compare(texts, editor, registry) == {}
    for text, answer in zip(texts, editor.ask("documents", texts), strict=True):
        assert answer["text"] == text


def test_random_documents(editor: Editor, registry: Registry) -> None:
    texts = [Maker(seed, registry).text() for seed in range(COUNT)]
    told = compare(texts, editor, registry)
    never = {"tooManyNodes", "otherVersion"} - told.keys()
    assert told.keys() | never == MESSAGES.keys(), "the documents show too little"


FIELDS = ["version", "title", "mode", "values", "links", "y"]
VALUES = ["null", "1", "2.0", '"mute"', '""', "true", "{}", '{"b":null}', '{"b":"c"}']
NUMBERS = [0, -1, 7, 2**53 + 1, 2**64 - 1, 2**64, 10**30, 4.0, 0.5, -0.0, 1e16, 1e22, 1e-5, 2.675]


def test_documents_that_are_none(editor: Editor, registry: Registry) -> None:
    node = '{"nodes":{"a":{"type":"x"%s}}}'
    texts = [
        "", "{", "[]", "3", "null", '{"weft":2}', '{"weft":1.0}', '{"weft":true}', '{"foo":1}',
        '{"nodes":5}', '{"nodes":{"a":null}}', '{"nodes":{"a.b":{"type":"x"}}}', '{"view":[]}',
        '{"nodes":{"a b":{"type":"x"}," c":{"type":"x"},"d\\n":{"type":"x"}}}',
        '{"nodes":{"e\\u0085":{"type":"x"},"\\ufeff":{"type":"x"}}}',
        '{"parameters":{"p":5,"q":[1,"a"],"r":[]}}', '{"requires":{"a":1}}', '{"view":{"a":NaN}}',
        '{"a":1,"a":2}', '{"view":{"a":1e999}}', '{"view":{"a":"\\ud800"}}', '{"view":{"\t":1}}',
        '{"view":' + '{"a":' * 63 + "1" + "}" * 64, '{"view":' + '{"a":' * 64 + "1" + "}" * 65,
        '{"subgraphs":{"s":{"x":1,"inputs":{"i":3},"outputs":{"o":["a"]},"view":3}}}',
        '{"nodes":{"' + "a" * 200 + '":{"type":"x"}}}',
        '{"nodes":{"' + "a" * 201 + '":{"type":"x"}}}',
        *(node % f',"{field}":{value}' for field in FIELDS for value in VALUES),
        *(node % f',"values":{{"n":{json.dumps(one)}}}' for one in NUMBERS),
        *(json.dumps({"view": {"n": [one]}}) for one in NUMBERS),
    ]  # fmt: skip
    compare(texts, editor, registry)


def test_floats(editor: Editor) -> None:
    chance = random.Random(1)
    some = [math.ldexp(chance.random() - 0.5, chance.randint(-1070, 1020)) for _ in range(5000)]
    some += [float(10**power) for power in range(23)] + [10.0**-power for power in range(1, 25)]
    assert editor.ask("floats", some) == [repr(one) for one in some]


def test_layout_is_rounded_alike(editor: Editor, registry: Registry) -> None:
    chance = random.Random(2)
    numbers = [chance.randint(-10_000, 10_000) / 8 for _ in range(500)]
    numbers += [chance.uniform(-1000, 1000) for _ in range(500)]
    numbers += [chance.randint(-10_000, 10_000) / 200 for _ in range(500)]
    compare([json.dumps({"view": {"some": numbers}})], editor, registry)


def test_kinds(editor: Editor) -> None:
    chance = random.Random(3)

    def kind(variables: list[str], depth: int = 2) -> str:
        what = chance.random()
        if depth and what < 0.2:
            return f"list[{kind(variables, depth - 1)}]"
        if depth and what < 0.4:
            return "|".join(kind(variables, depth - 1) for _ in range(chance.randint(2, 3)))
        return chance.choice(["int", "float", "image", "any", "model", *variables])

    def link() -> tuple[str, str]:
        # What comes from an output is resolved: it holds no variable.
        return kind(["$T", "$U"]), kind([])

    cases = [[link() for _ in range(chance.randint(1, 4))] for _ in range(COUNT * 5)]
    for pairs, (answers, resolved) in zip(cases, editor.ask("kinds", cases), strict=True):
        bindings: Bindings = {}
        assert answers == [accepts(target, source, bindings) for target, source in pairs], pairs
        assert resolved == [resolve(target, bindings) for target, _ in pairs], pairs


def test_suggestions(editor: Editor, registry: Registry) -> None:
    chance = random.Random(4)
    known = [one.id.removeprefix("weft:") for one in registry.specs()]

    def misspelt(name: str) -> str:
        letters = list(name)
        for _ in range(chance.randint(0, 4)):
            letters.insert(chance.randint(0, len(letters)), chance.choice("aeost._"))
            del letters[chance.randrange(len(letters))]
        return "".join(letters)

    cases = [(misspelt(chance.choice(known)), known) for _ in range(COUNT)]
    wanted = [closest(name, among) for name, among in cases]
    assert editor.ask("names", cases) == wanted
    assert None in wanted


def test_versions(editor: Editor) -> None:
    versions = [
        "1", "1.0", "1.2", "1.2.3", "1.10", "2.0.dev3", "1.2a1", "1.2rc1", "1.2.post1", "1!1.0",
        "1.2+local.1", "1.2-1", "v1.2", "0.9",
    ]  # fmt: skip
    operators = ["==", "!=", ">=", "<=", "<", ">", "~=", "===", ""]
    texts = [operator + version for operator in operators for version in versions]
    texts += [
        "==1.*",
        "!=1.2.*",
        ">=1.*",
        "~=1",
        ">=1,<2",
        " >= 1.0 , != 1.2",
        "",
        ",",
        "x",
        ">=1;",
    ]
    # Between pre- and post-releases of one version, packaging's own releases are not of one mind.
    early, late = {"1.2a1", "1.2rc1", "2.0.dev3"}, {"1.2.post1", "1.2-1"}
    cases = [
        (version, text)
        for version in versions
        for text in texts
        if not ({version, text.lstrip("<>")} & early and {version, text.lstrip("<>")} & late)
    ]
    wanted: list[bool | None] = []
    for version, text in cases:
        try:
            wanted.append(SpecifierSet(text).contains(version, prereleases=True))
        except InvalidSpecifier:
            wanted.append(None)
    answers = editor.ask("specifiers", cases)
    assert [(case, answer) for case, answer in zip(cases, answers, strict=True)] == list(
        zip(cases, wanted, strict=True)
    )


class Maker:
    """A random document: mostly sensible, with something wrong in many places."""

    def __init__(self, seed: int, registry: Registry) -> None:
        self.chance = random.Random(seed)
        self.specs = registry.specs()
        # Of every fourth document nothing is meant to be wrong.
        self.mess = self.chance.choice([0.0, 0.02, 0.05, 0.2])

    def wrong(self) -> bool:
        return self.chance.random() < self.mess

    def text(self) -> str:
        names = self.chance.sample(["one", "two", "three"], self.chance.randint(0, 3))
        data: dict[str, Any] = {"weft": 1, **self.graph(names)}
        data["subgraphs"] = {
            name: self.subgraph(names[index + 1 :]) for index, name in enumerate(names)
        }
        if names and self.wrong():
            data["subgraphs"][names[-1]] = self.subgraph(names)
        data["parameters"] = {
            f"p{index}": self.target(data["nodes"]) for index in range(self.chance.randint(0, 3))
        }
        if self.wrong():
            specifiers = [">=0.1", "==99", "nonsense", "~=1.0"]
            names = ["weft", "Weft", "acme-nodes"]
            data["requires"] = {name: self.chance.choice(specifiers) for name in names}
        return json.dumps(data)

    def subgraph(self, names: Sequence[str]) -> dict[str, Any]:
        graph = self.graph(names)
        nodes = graph["nodes"]
        inputs = {name: self.target(nodes) for name in self.some(["item", "image", "x", "latent"])}
        outputs = {name: self.link(nodes, None) for name in self.some(["image", "output", "value"])}
        return {**graph, "inputs": inputs, "outputs": outputs}

    def some(self, names: list[str]) -> list[str]:
        return self.chance.sample(names, self.chance.randint(0, len(names)))

    def graph(self, names: Sequence[str]) -> dict[str, Any]:
        nodes: dict[str, Any] = {}
        for index in range(self.chance.randint(1, 8)):
            id = self.chance.choice([f"n{index}", f"node {index}", f"ä{index}", f"{index}"])
            nodes[id] = self.node(nodes, names)
        if self.wrong():  # a link back
            id = self.chance.choice(list(nodes))
            nodes[id].setdefault("links", {})["value"] = self.link(nodes, None)
        view = {"nodes": {id: [self.chance.uniform(-999, 999), 40.0] for id in nodes}}
        return {"nodes": nodes, "view": view}

    def node(self, before: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
        if names and self.chance.random() < 0.25:
            return self.use(before, self.chance.choice([*names, "gone"] if self.wrong() else names))
        if self.wrong():
            gone = ["gone:a.b", "image.resiz", "load_checkpoint", "weft:image.load"]
            return self.messed({"type": self.chance.choice(gone), "values": {"x": 1}}, before)
        spec = self.chance.choice(self.specs)
        values: dict[str, Any] = {}
        links: dict[str, str] = {}
        for one in spec.inputs:
            if one.kind == "subgraph":
                if names:
                    values[one.name] = self.chance.choice(names)
            elif one.required or self.chance.random() < 0.4:
                literal = one.schema and self.chance.random() < 0.6
                if literal and not self.wrong():
                    values[one.name] = self.literal(one.schema)
                elif before:
                    links[one.name] = self.link(before, one.kind)
        if spec.extra is not None and before:
            for name in self.some(["item1", "item2", "image"]):
                links[name] = self.link(before, spec.extra)
        node = {"type": spec.id.removeprefix("weft:"), "values": values, "links": links}
        return self.messed(node, before)

    def use(self, before: dict[str, Any], name: str) -> dict[str, Any]:
        node: dict[str, Any] = {"type": f"subgraph:{name}", "values": {}, "links": {}}
        for input in self.some(["item", "image", "x", "latent"]):
            if before and self.chance.random() < 0.7:
                node["links"][input] = self.link(before, None)
            else:
                node["values"][input] = self.chance.choice([1, "text", 0.5])
        return self.messed(node, before)

    def messed(self, node: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
        if self.chance.random() < 0.1:
            node["mode"] = self.chance.choice(["mute", "bypass"])
        if self.wrong():
            node["version"] = 99
        if self.wrong():
            names = [*node.get("values", {}), *node.get("links", {}), "imag", "x"]
            values = [True, "x", None, 10**9, [1], {}, 1.5, "euler_", 2**64, 4.0]
            node.setdefault("values", {})[self.chance.choice(names)] = self.chance.choice(values)
        if self.wrong():
            node.setdefault("links", {})[self.chance.choice(["image", "value"])] = "nolink"
        return node

    def link(self, nodes: dict[str, Any], kind: str | None) -> str:
        if self.wrong() or not nodes:
            return self.chance.choice(["ghost.image", "n0.imag", "n1.value", "n2.latent"])
        ends = []
        for id, node in nodes.items():
            spec = next((one for one in self.specs if one.id == f"weft:{node['type']}"), None)
            names = [(one.name, one.kind) for one in spec.outputs] if spec else [("image", "any")]
            ends += [(f"{id}.{name}", given) for name, given in names]
        fitting = [end for end, given in ends if kind is None or accepts(kind, given, {})]
        return self.chance.choice(fitting or [end for end, _ in ends] or ["ghost.image"])

    def target(self, nodes: dict[str, Any]) -> str | list[str]:
        def one() -> str:
            if self.wrong() or not nodes:
                return self.chance.choice(["ghost.x", "nothing", "n0.", "n0.x"])
            id = self.chance.choice(list(nodes))
            node = nodes[id]
            spec = next((one for one in self.specs if one.id == f"weft:{node['type']}"), None)
            names = [one.name for one in spec.inputs] if spec else []
            return f"{id}.{self.chance.choice(names or [*node.get('links', {}), 'x'])}"

        return one() if self.chance.random() < 0.7 else [one(), one()]

    def literal(self, schema: dict[str, Any]) -> Any:
        if "enum" in schema:
            return self.chance.choice(schema["enum"])
        if "anyOf" in schema:
            return self.literal(self.chance.choice(schema["anyOf"]))
        low, high = schema.get("minimum", -5), schema.get("maximum", 5)
        match schema.get("type"):
            case "integer":
                return self.chance.choice([low, high, self.chance.randint(low, high)])
            case "number":
                return self.chance.choice([low, high, self.chance.uniform(low, high)])
            case "boolean":
                return self.chance.random() < 0.5
            case "array":
                return [self.literal(schema["items"]) for _ in range(self.chance.randint(0, 3))]
        return self.chance.choice(["", "text", "ä"])
