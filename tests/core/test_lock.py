"""Locks: what they hold, what differs from them, and files that are none."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.helpers import flow, paths, use
from core.sites import Site
from weft import (
    Choices,
    Context,
    Engine,
    InputError,
    Lock,
    ModelFolders,
    Node,
    Problem,
    Registry,
    Subgraph,
    Workflow,
    WorkflowError,
    node,
)
from weft.installed import distributions_here
from weft.lock import lock_path
from weft.lock_content import content_of
from weft.offers import Offer
from weft.plugins import Catalogue


@node("acme:model.load", lane="inline")
def load(file: Annotated[str, Choices.files("checkpoints")] = "a.safetensors") -> str:
    return file


@node("acme:model.read", lane="inline")
def read(name: str, ctx: Context) -> str:
    return ctx.model_file("checkpoints", name).name


@node("acme:flow.look", lane="inline")
def look(ctx: Context) -> dict[str, Any]:
    assert ctx.workflow is not None
    return dict(ctx.workflow["requires"])


@node("acme:image.open", lane="inline")
def open_file(file: Annotated[str, Choices.uploads()] = "") -> str:
    return file


@node("acme:flow.each", lane="inline")
def each(body: Subgraph[Any], **shared: Any) -> str:
    return body.name


@node("other:text.show", lane="inline")
def show(text: str) -> None:
    assert text


@dataclass
class Place:
    """An environment with two plugins, models and a workflow."""

    site: Site
    registry: Registry
    models: ModelFolders
    folder: Path

    def lock(self, workflow: Workflow, *more: tuple[str, str]) -> Lock:
        return Lock.of(workflow, self.registry, self.models, more)

    def differences(
        self, lock: Lock, workflow: Workflow, run: Workflow | None = None
    ) -> dict[str, Problem]:
        found = lock.differences(workflow, self.registry, self.models, run)
        assert len({one.path for one in found}) == len(found)
        return {one.path: one for one in found}

    def model(self, name: str, content: str = "weights") -> Path:
        path = self.models.roots[0] / "checkpoints" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    def code(self, distribution: str, code: str) -> Registry:
        """The plugins as they are, with other code behind the nodes of one."""
        self.registry = registry_of({"acme-nodes": "a", "other": "b"} | {distribution: code})
        return self.registry


def registry_of(codes: dict[str, str]) -> Registry:
    made = Registry()
    members: dict[str, list[Node[..., Any]]] = {
        "acme-nodes": [load, read, look, open_file, each],
        "other": [show],
    }
    for distribution, code in codes.items():
        nodes = [
            one.spec.owned_by(distribution, code, __name__, one.function.__name__)
            for one in members[distribution]
        ]
        made.add_catalogue(Catalogue(distribution, distribution, "1.0", tuple(nodes)))
    return made


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    site = Site.on_path(tmp_path / "site", monkeypatch)
    # They hide the real ones.
    site.add("weft", requires=["torch"])
    site.torch("2.9", "2.9+cpu")
    site.add("acme-nodes", requires=["weft", "lib"])
    site.add("lib", "1.5", requires=["deep"])
    site.add("deep")
    site.add("other", requires=["weft"])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.png").write_text("a picture")
    made = Place(
        site,
        registry_of({"acme-nodes": "a", "other": "b"}),
        ModelFolders((tmp_path / "models",)),
        tmp_path,
    )
    made.model("a.safetensors")
    return made


FLOW = flow(
    {
        "load": use("acme:model.load"),
        "photo": use("acme:image.open", file="photo.png"),
        "show": use("other:text.show", links={"text": "load.value"}),
    },
    parameters={"model": "load.file", "picture": "photo.file"},
)


def test_a_lock_says_what_a_workflow_runs_with(place: Place) -> None:
    lock = place.lock(FLOW)
    names = ["acme-nodes", "deep", "lib", "other", "torch", "weft"]
    assert list(lock.distributions) == names
    assert lock.distributions["lib"].version == "1.5"
    assert lock.code == {
        "acme:image.open": "a",
        "acme:model.load": "a",
        "other:text.show": "b",
    }
    content = hashlib.sha256(b"weights").hexdigest()
    assert lock.models["checkpoints"]["a.safetensors"].sha256 == content
    assert lock.models["checkpoints"]["a.safetensors"].size == 7
    assert list(lock.inputs) == ["photo.png"]
    assert lock.torch is not None
    assert str(lock.torch) == "2.9+cpu"
    assert place.differences(lock, FLOW) == {}


def test_a_lock_is_read_as_it_was_written(place: Place) -> None:
    lock = place.lock(FLOW)
    path = place.folder / "flow.lock.json"
    lock.write(path)
    assert Lock.read(path) == lock
    text = path.read_text("utf-8")
    assert Lock.loads(text).dumps() == text
    assert text == place.lock(FLOW).dumps()
    assert text.startswith('{\n  "weft-lock": 1,\n')
    assert text.endswith("}\n")
    # Reordered by a tool, it is written in order again.
    assert Lock.loads(json.dumps(json.loads(text), sort_keys=True)).dumps() == text


def test_nothing_but_what_may_change_a_result_is_locked() -> None:
    data = json.loads(FLOW.dumps())
    data["view"] = {"nodes": {"load": [1, 2]}}
    data["requires"] = {"acme-nodes": ">=1"}
    data["nodes"]["load"]["title"] = "My model"
    data["nodes"]["photo"]["values"] = {"file": "photo.png"}
    data["nodes"] = dict(reversed(data["nodes"].items()))
    assert content_of(Workflow.from_data(data)) == content_of(FLOW)
    one, other = (flow({"a": use("t:number", value=value)}) for value in (30, 30.0))
    assert content_of(one) == content_of(other)  # a browser writes 30 for both


VALUES = st.one_of(
    st.integers(), st.floats(allow_nan=False), st.text(max_size=4), st.booleans(), st.none()
)


@given(VALUES, VALUES)
def test_other_values_are_other_content(one: object, other: object) -> None:
    same = content_of(flow({"a": use("t:x", v=one)})) == content_of(
        flow({"a": use("t:x", v=other)})
    )
    assert same == (one == other and isinstance(one, bool) == isinstance(other, bool))


Change = Callable[[Place], object]
ENVIRONMENT: dict[str, tuple[Change, dict[str, str]]] = {
    "another version": (
        lambda place: place.site.add("lib", "1.6", requires=["deep"]),
        {"distributions.lib": "pip install 'lib==1.5'.*; expected 1.5, got 1.6"},
    ),
    "a plugin is missing": (
        lambda place: place.site.remove("acme-nodes"),
        {"distributions.acme-nodes": "is not installed; `pip install 'acme-nodes==1.0'`"},
    ),
    "something deep is missing": (
        lambda place: place.site.remove("deep"),
        {"distributions.deep": "is not installed; `pip install 'deep==1.0'`"},
    ),
    "other content of the same version": (
        lambda place: place.site.add("deep", files={"deep.py": "patched"}),
        {"distributions.deep": "with other content; `pip install --force-reinstall 'deep==1.0'`"},
    ),
    "more is required": (
        lambda place: place.site.add("deep", "1.0", requires=["deeper"], files={"deep.py": "1.0"}),
        {"distributions.deeper": "not in the lock.*got nothing of that name installed"},
    ),
    "another build of torch": (
        lambda place: place.site.torch("2.9", "2.9+cu128", cuda="12.8"),
        {"torch": r"`pip install 'torch==2.9\+cpu'`.* got 2.9\+cu128 for CUDA 12.8"},
    ),
    "code that was edited in place": (
        lambda place: place.code("acme-nodes", "edited"),
        {
            "code.acme:image.open": "its code has changed; install acme-nodes as it was",
            "code.acme:model.load": "expected a, got edited",
        },
    ),
    "code that another version explains": (
        lambda place: (place.site.add("other", "1.1"), place.code("other", "new")),
        {"distributions.other": "expected 1.0, got 1.1"},
    ),
    "code that another requirement explains": (
        lambda place: (
            place.site.add("lib", "2", requires=["deep"]), place.code("acme-nodes", "new")
        ),
        {"distributions.lib": "expected 1.5, got 2"},
    ),
    "another model of that name": (
        lambda place: place.model("a.safetensors", "others"),
        {"nodes.load.file": "another than the lock's; expected 7 bytes of sha256 .*, got 6 bytes"},
    ),
    "no model": (
        lambda place: place.model("a.safetensors").unlink(),
        {"nodes.load.file": "is not here; put the file there; expected 7 bytes of sha256 "},
    ),
    "another picture": (
        lambda place: (place.folder / "photo.png").write_text("another"),
        {"nodes.photo.file": "\"photo.png\" is another than the lock's"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_what_differs_is_told(place: Place, name: str) -> None:
    lock = place.lock(FLOW)
    change, expected = ENVIRONMENT[name]
    change(place)
    found = place.differences(lock, FLOW)
    assert set(found) == set(expected)
    for path, pattern in expected.items():
        assert re.search(pattern, str(found[path])), str(found[path])


MACHINE: dict[str, tuple[dict[str, Any], str]] = {
    "python": ({"version": "3.10.1"}, "is another one; .*; expected CPython 3.10.1, got "),
    "platform": ({"machine": "riscv64"}, "is another one, .*; expected Linux riscv64, got "),
    "torch": ({"version": "2.9+cu128"}, "pip install 'torch==2.9.cu128'.*, got 2.9.cpu"),
}


@pytest.mark.parametrize("name", MACHINE)
def test_another_machine_is_told(place: Place, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.python_implementation", lambda: "CPython")
    lock = place.lock(FLOW)
    update, pattern = MACHINE[name]
    was = lock.model_copy(update={name: getattr(lock, name).model_copy(update=update)})
    found = place.differences(was, FLOW)
    assert set(found) == {name}
    assert re.search(pattern, str(found[name])), str(found[name])
    if name != "torch":
        # The same version is another wheel there.
        place.site.add("deep", files={"deep.py": "compiled for it"})
        assert set(place.differences(was, FLOW)) == {name}


def test_what_was_missing_and_is_there_is_told(place: Place) -> None:
    place.site.remove("deep")
    lock = place.lock(FLOW)
    assert lock.distributions["deep"].version is None
    assert Lock.loads(lock.dumps()) == lock
    assert place.differences(lock, FLOW) == {}
    place.site.add("deep")
    assert "`pip uninstall 'deep'`" in place.differences(lock, FLOW)["distributions.deep"].message


def test_changes_of_the_workflow_are_told_by_node(place: Place) -> None:
    place.model("b.safetensors")
    subgraphs = {
        "inner": {
            "nodes": {"load": use("acme:model.load", file="b.safetensors")},
            "inputs": {"file": "load.file"},
            "outputs": {"value": "load.value"},
        }
    }
    before = flow({"kept": use("acme:model.load"), "gone": use("subgraph:inner")},
                  subgraphs=subgraphs, parameters={"p": "kept.file"})  # fmt: skip
    lock = place.lock(before)
    data = json.loads(before.dumps())
    data["nodes"]["new"] = data["nodes"].pop("gone")
    data["nodes"]["kept"]["mode"] = "mute"
    data["subgraphs"]["inner"]["nodes"]["load"]["values"] = {}
    del data["subgraphs"]["inner"]["inputs"]
    data["parameters"] = {"q": "kept.file"}
    found = place.differences(lock, Workflow.from_data(data))
    assert {path: one.message.partition(";")[0] for path, one in found.items()} == {
        "nodes.gone": "is in the lock, and no longer in the workflow",
        "nodes.kept": "has changed since the lock was made",
        "nodes.new": "is new since the lock was made",
        "parameters": "has changed since the lock was made",
        "subgraphs.inner": "has changed since the lock was made",
        "subgraphs.inner.nodes.load": "has changed since the lock was made",
    }


def test_what_a_caller_sets_is_held_to_the_lock(place: Place) -> None:
    place.model("b.safetensors")
    (place.folder / "mine.png").write_text("mine")
    lock = place.lock(FLOW)
    run = FLOW.with_parameters({"picture": "mine.png"})
    assert place.differences(lock, FLOW, run) == {}
    run = FLOW.with_parameters({"model": "b.safetensors"})
    found = place.differences(lock, FLOW, run)["nodes.load.file"]
    assert str(found) == (
        "nodes.load.file: is a model that is not in the lock; `weft lock --also "
        'checkpoints/NAME` adds one; expected one of "a.safetensors", got "b.safetensors"'
    )
    wider = place.lock(FLOW, ("checkpoints", "b.safetensors"))
    assert place.differences(wider, FLOW, run) == {}
    place.model("b.safetensors", "another")
    assert set(place.differences(wider, FLOW, run)) == {"nodes.load.file"}
    with pytest.raises(InputError, match="no file 'c'"):
        place.lock(FLOW, ("checkpoints", "c"))


def test_files_in_subgraphs_and_bodies_are_locked(place: Place) -> None:
    for name in "bcd":
        place.model(f"{name}.safetensors", name)
    inner = {"nodes": {"load": use("acme:model.load", file="b.safetensors")}}
    body = {
        "nodes": {
            "own": use("acme:model.load", file="c.safetensors"),
            "fed": use("acme:model.load"),
            "picture": use("acme:image.open", file="photo.png"),
        },
        "inputs": {"file": "fed.file"},
        "outputs": {"value": "own.value"},
    }
    workflow = flow(
        {
            "use": use("subgraph:inner"),
            "each": use("acme:flow.each", body="body", file="d.safetensors"),
            "muted": use("acme:model.load", file="nobody has it") | {"mode": "mute"},
        },
        subgraphs={"inner": inner, "body": body},
    )
    lock = place.lock(workflow)
    assert list(lock.models) == ["checkpoints"]
    assert sorted(lock.models["checkpoints"]) == [f"{name}.safetensors" for name in "bcd"]
    assert list(lock.inputs) == ["photo.png"]
    place.model("c.safetensors", "other")
    assert len(place.differences(lock, workflow)) == 1


def test_a_folder_is_known_by_each_of_its_files(place: Place) -> None:
    folder = place.model("pipe/model_index.json", "{}").parent
    place.model("pipe/unet/a.safetensors", "weights")
    place.model("pipe/.cache/note", "of a download")
    workflow = flow({"load": use("acme:model.load", file="pipe")})
    lock = place.lock(workflow)
    held = lock.models["checkpoints"]["pipe"]
    assert held.files is not None
    assert held.size == 9
    assert list(held.files) == ["model_index.json", "unet/a.safetensors"]
    listing = "".join(
        f"{hashlib.sha256(text).hexdigest()}  {name}\n"
        for name, text in [("model_index.json", b"{}"), ("unet/a.safetensors", b"weights")]
    )
    assert held.sha256 == hashlib.sha256(listing.encode()).hexdigest()
    (folder / ".cache" / "note").write_text("another")
    assert place.differences(lock, workflow) == {}
    (folder / "unet" / "a.safetensors").write_text("changed")
    (found,) = place.differences(lock, workflow).values()
    assert 'in "unet/a.safetensors"' in found.message


@pytest.mark.parametrize("name", ["a.safetensors", "b.safetensors"])
def test_a_name_that_is_made_during_the_run_is_held_to_the_lock(place: Place, name: str) -> None:
    place.model("b.safetensors")
    workflow = flow({
        "photo": use("acme:image.open", file=name),
        "read": use("acme:model.read", links={"name": "photo.value"}),
    })  # fmt: skip
    (place.folder / name).touch()
    lock = place.lock(workflow, ("checkpoints", "a.safetensors"))
    models = lock.guard(place.models)
    assert place.differences(lock, workflow) == {}
    with Engine(registry=place.registry, device="cpu", models=models) as engine:
        outcome = engine.run(workflow, ["read.value"])
        if name == "a.safetensors":
            assert outcome.check()["read.value"] == name
            place.model(name, "another")
            with pytest.raises(InputError, match="is another than the lock's; expected sha256"):
                models.find("checkpoints", name)
        else:
            assert "is not in the lock; `weft lock FILE --also" in str(outcome.errors[0])


def test_what_a_picture_carries_says_where_its_nodes_come_from(place: Place) -> None:
    workflow = flow(
        {"look": use("acme:flow.look")}, requires={"weft-gone": "==1", "other": ">=0.5"}
    )
    place.registry.versions["weft-gone"] = "1"
    with Engine(registry=place.registry, device="cpu") as engine:
        requires = engine.run(workflow, ["look.value"]).check()["look.value"]
    assert requires == {"acme-nodes": ">=1.0", "other": ">=0.5", "weft-gone": "==1"}


def test_only_a_workflow_that_could_run_is_locked(place: Place) -> None:
    with pytest.raises(WorkflowError) as caught:
        place.lock(flow({"a": use("acme:model.laod"), "b": use("acme:model.load", file="nobody")}))
    assert paths(caught.value.problems) == ["nodes.a.type", "nodes.b.file"]


def test_a_lock_tells_pip_what_to_install(place: Place) -> None:
    place.site.remove("deep")
    place.site.remove("other")
    place.site.editable("other", "other_nodes", {})
    info = place.site.add("lib", "1.5", requires=["deep"])
    address = {"url": "https://example.org/lib.whl", "archive_info": {}}
    (info / "direct_url.json").write_text(json.dumps(address))
    lock = place.lock(FLOW)
    head, *lines = lock.requirements().splitlines()
    assert head == f"# {lock.python}, {lock.platform}"
    assert lines == [
        "# torch is the build 2.9+cpu",
        "acme-nodes==1.0",
        "# deep was not installed, though something requires it",
        "lib @ https://example.org/lib.whl",
        "# other==1.0 was installed from a folder",
        "torch==2.9",
        "weft==1.0",
    ]
    place.site.remove("other")
    place.site.remove("lib")
    found = place.differences(lock, FLOW)
    assert "`pip install 'lib @ https://example.org/lib.whl'`" in str(found["distributions.lib"])
    assert "from a folder" in str(found["distributions.other"])


DAMAGE: dict[str, tuple[Callable[[Any], object], str, str]] = {
    "no lock": (lambda data: {"weft": 1, "nodes": {}}, "", "this is no lock"),
    "a list": (lambda data: [data], "", "this is no lock"),
    "newer": (lambda data: data | {"weft-lock": 2}, "weft-lock", "unknown version of the lock's"),
    "a text for a number": (lambda data: data | {"weft-lock": "1"}, "weft-lock", "unknown version"),
    "unknown field": (lambda data: data | {"extra": 1}, "extra", "unknown field"),
    "a field by Weft's name": (lambda data: data | {"format": 1}, "format", "unknown field"),
    "no python": (lambda data: {**data, "python": None}, "python", "wrong value"),
    "nothing": (lambda data: {"weft-lock": 1}, "workflow", "is missing"),
    "a command": (
        lambda data: data["distributions"].update({"x": {"version": "1'; rm -rf ~; '"}}) or data,
        "distributions.x.version",
        "wrong value",
    ),
    "a name that is a command": (
        lambda data: data["distributions"].update({"x; rm": {"version": "1"}}) or data,
        "distributions.x; rm",
        "wrong value",
    ),
    "an origin that is a command": (
        lambda data: data["distributions"]["lib"].update({"origin": "https://a/'$(rm)"}) or data,
        "distributions.lib.origin",
        "wrong value",
    ),
    "no digest": (
        lambda data: data["models"]["checkpoints"]["a.safetensors"].update({"sha256": "x"}) or data,
        "models.checkpoints.a.safetensors.sha256",
        "wrong value",
    ),
    "merged by hand": (
        lambda data: data["workflow"]["parts"].update({"nodes.z": "0" * 64}) or data,
        "",
        "its parts do not belong together",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_lock_is_refused(place: Place, name: str) -> None:
    change, path, message = DAMAGE[name]
    path_of = place.folder / "bad.lock.json"
    path_of.write_text(json.dumps(change(json.loads(place.lock(FLOW).dumps()))))
    with pytest.raises(WorkflowError) as caught:
        Lock.read(path_of)
    assert caught.value.source == str(path_of)
    assert any(one.path == path and message in one.message for one in caught.value.problems)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is not JSON"),
        (b"<<<<<<< ours\n{}", "the file is not JSON"),
        (b'{"weft-lock": 1, "weft-lock": 1}', "stands twice"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (None, "there is no lock; `weft lock` writes one"),
    ],
)
def test_a_file_that_is_no_lock_is_refused(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "a.lock.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WorkflowError, match=message):
        Lock.read(path)


def test_a_lock_lies_beside_its_workflow() -> None:
    assert lock_path("a/flow.json") == Path("a/flow.lock.json")
    assert lock_path("flow.v2.json") == Path("flow.v2.lock.json")
    assert lock_path("x.PNG") == Path("x.lock.json")
    assert lock_path("flow") == Path("flow.lock.json")


@pytest.fixture(scope="module")
def installed() -> Registry:
    return Registry.installed()


@pytest.fixture
def told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is installed while the workflows are looked at, so it is asked for once."""
    kept: dict[tuple[str, ...], Any] = {}
    real = distributions_here

    def told(roots: Any) -> Any:
        key = tuple(roots)
        if key not in kept:
            kept[key] = real(key)
        return kept[key]

    monkeypatch.setattr("weft.lock_differences.distributions_here", told)
    monkeypatch.setattr("weft.installed.distributions_here", told)


def test_a_new_lock_holds_for_every_shipped_workflow(
    installed: Registry, told_once: None, tmp_path: Path
) -> None:
    models = ModelFolders.default(shipped=installed.model_folders)
    shipped = sorted((Path(__file__).parents[2] / "workflows").glob("*.json"))
    assert len(shipped) >= 7
    for path in shipped:
        workflow = Workflow.load(path)
        lock = Lock.of(workflow, installed, models)
        assert lock.differences(workflow, installed, models) == []
        assert lock.models
        assert {"weft", "torch", "numpy"} <= set(lock.distributions)
        assert Lock.loads(lock.dumps()) == lock
        # What an editor writes is the same workflow.
        assert lock.differences(Workflow.loads(workflow.dumps()), installed, models) == []


def test_offers_that_values_choose_are_locked(place: Place) -> None:
    @node("acme:sample.run", lane="inline")
    def sample(sampler: Annotated[str, Choices.offered("samplers")] = "other/heun") -> str:
        return sampler

    def registry(code: str) -> Registry:
        made = Registry()
        spec = sample.spec.owned_by("acme-nodes", "a", __name__, "sample")
        made.add_catalogue(Catalogue("acme", "acme-nodes", "1.0", (spec,)))
        made.add_catalogue(Catalogue("other", "other", "1.0", offers=offers(code)))
        return made

    def offers(code: str) -> tuple[Offer, ...]:
        names = ("other/heun", "other/euler")
        return tuple(Offer("samplers", name, "other:x", "other", "other", code) for name in names)

    place.registry = registry("c")
    workflow = flow({"s": use("acme:sample.run", sampler="other/heun")})
    # What the editor writes `requires` from.
    owners = {"other/heun": "other", "other/euler": "other"}
    spec = place.registry.get("acme:sample.run")
    assert spec is not None
    assert spec.inputs[0].schema["x-distributions"] == owners
    lock = place.lock(workflow)
    assert lock.code == {"acme:sample.run": "a", "samplers:other/heun": "c"}
    assert "other" in lock.distributions
    place.registry = registry("edited")
    assert set(place.differences(lock, workflow)) == {"code.samplers:other/heun"}
