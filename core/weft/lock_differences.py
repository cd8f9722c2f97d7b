"""In what an environment, or a workflow, is not as a lock says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from weft.errors import InputError, Problem, WeftError
from weft.installed import (
    direct_requirements,
    distributions_here,
    platform_here,
    python_here,
    torch_here,
)
from weft.lock import Lock, requirement
from weft.lock_content import code_of, content_of, distributions_of
from weft.lock_data import LockedDistribution, LockedFile
from weft.lock_files import locked_file, named_files
from weft.spec import short_id
from weft.validate import check
from weft.workflow import Workflow, short

if TYPE_CHECKING:
    from weft.files import ModelFolders
    from weft.graph import Graph
    from weft.registry import Registry

ANEW = "`weft lock` writes it anew"


def differences(
    lock: Lock, workflow: Workflow, registry: Registry, models: ModelFolders, run: Workflow
) -> list[Problem]:
    """As `Lock.differences`."""
    machine = list(_machine(lock))
    found = [*_workflow(lock, workflow), *machine]
    roots = distributions_of(run, registry, reads_models=bool(lock.models))
    here = distributions_here([*roots, *lock.distributions])
    changed = {
        name: one
        for name in here
        for one in _distribution(lock, name, here[name], elsewhere=bool(machine))
    }
    names = set(changed)
    was = lock.distributions.get("torch")
    if (build := _torch(lock)) and was is not None and here["torch"].version == was.version:
        changed["torch"] = build  # it says more than digests do
        names.add("torch")
    found += changed.values()
    found += _code(lock, workflow, registry, names)
    try:
        _, graph = check(run, registry)
    except WeftError:  # a migration that cannot be imported: what is told may be why
        if found:
            return found
        raise
    return [*found, *_files(lock, graph, registry, models)]


def _workflow(lock: Lock, workflow: Workflow) -> Iterator[Problem]:
    was, now = lock.workflow.parts, content_of(workflow).parts
    for path in sorted(was.keys() | now.keys()):
        if path not in now:
            yield Problem(path, f"is in the lock, and no longer in the workflow; {ANEW}")
        elif path not in was:
            yield Problem(path, f"is new since the lock was made; {ANEW}")
        elif was[path] != now[path]:
            yield Problem(path, f"has changed since the lock was made; {ANEW}")


def _machine(lock: Lock) -> Iterator[Problem]:
    python, platform = python_here(), platform_here()
    if python != lock.python:
        message = "is another one; make a virtual environment with the one expected"
        yield Problem("python", message, str(lock.python), str(python))
    if platform != lock.platform:
        message = f"is another one, where other builds are installed; {ANEW}"
        yield Problem("platform", message, str(lock.platform), str(platform))


def _torch(lock: Lock) -> Problem | None:
    here = torch_here()
    if here == lock.torch or lock.torch is None or here is None:
        return None  # without any torch, its distribution says so
    fix = f"; `pip install 'torch=={lock.torch.version}'` brings it"
    return Problem("torch", f"is another build{fix}", str(lock.torch), str(here))


def _distribution(
    lock: Lock, name: str, here: LockedDistribution, *, elsewhere: bool
) -> Iterator[Problem]:
    """elsewhere: on another Python or platform, where a version is another wheel by nature."""
    path = f"distributions.{name}"
    was = lock.distributions.get(name)
    if was is None:
        message = f"is required here, and is not in the lock; {ANEW}"
        yield Problem(path, message, got=here.version or "nothing of that name installed")
    elif was.version is None:
        if here.version is not None:
            message = f"is installed, and was not; `pip uninstall '{name}'` removes it"
            yield Problem(path, message, "none", here.version)
    elif here.version is None:
        yield Problem(path, f"is not installed{_bringing(name, was)}", expected=was.version)
    elif here.version != was.version:
        message = f"another version is needed{_bringing(name, was)}"
        yield Problem(path, message, was.version, here.version)
    elif (
        was.sha256 is not None
        and not elsewhere
        and (was.sha256, was.hashed) != (here.sha256, here.hashed)
    ):
        both = was.hashed == here.hashed == "sources"
        message = f"is {was.version} with other {'sources' if both else 'content'}"
        message += _bringing(name, was, "--force-reinstall ")
        yield Problem(path, message, _content(was), _content(here))


def _content(one: LockedDistribution) -> str:
    if one.sha256 is None:
        return "an installation whose content cannot be told"
    return f"{'sources' if one.hashed == 'sources' else 'a wheel'} of sha256 {one.sha256[:16]}"


def _bringing(name: str, one: LockedDistribution, options: str = "") -> str:
    """The line that brings it, where pip can have it by name or address."""
    if one.origin in ("folder", "editable"):
        return "; it was installed from a folder, so install it from there"
    return f"; `pip install {options}'{requirement(name, one)}'` brings it"


def _code(
    lock: Lock, workflow: Workflow, registry: Registry, changed: set[str]
) -> Iterator[Problem]:
    """Code that has changed for no reason that is told already.

    A fingerprint also covers the versions of what the distribution itself requires.
    """
    now = code_of(workflow, registry)
    explained: dict[str, bool] = {}
    for id, was in sorted(lock.code.items()):
        if id not in now or now[id] == was:
            continue  # a type that is gone, or not known here: the workflow or a distribution says
        owner = _owner(id, registry)
        if owner not in explained:
            explained[owner] = bool({owner, *direct_requirements(owner)} & changed)
        if not explained[owner]:
            fix = f"install {owner} as it was, or lock anew" if owner else ANEW
            yield Problem(f"code.{short_id(id)}", f"its code has changed; {fix}", was, now[id])


def _owner(id: str, registry: Registry) -> str:
    """The normalised name of the distribution of a node type, or of an offer."""
    spec = registry.get(id)
    if spec is not None:
        return str(canonicalize_name(spec.distribution)) if spec.distribution else ""
    group, _, name = id.partition(":")
    offers = {str(key): value for key, value in registry.offers.items()}.get(group, {})
    return str(canonicalize_name(offers[name].distribution)) if name in offers else ""


def _files(lock: Lock, graph: Graph, registry: Registry, models: ModelFolders) -> Iterator[Problem]:
    for path, folder, name in named_files(graph, registry):
        if folder is None:
            was = lock.inputs.get(name)
            if was is not None:
                yield from _file(path, was, Path(name), name)
            continue  # another picture is for a caller to give
        known = lock.models.get(folder, {})
        if name not in known:
            message = (
                f"is a model that is not in the lock; `weft lock --also {folder}/NAME` adds one"
            )
            expected = "one of " + ", ".join(map(short, sorted(known))) if known else "none"
            yield Problem(path, message, expected, short(name))
            continue
        try:
            found = models.lookup(folder, name)
        except InputError:
            found = None
        yield from _file(path, known[name], found, name)


def _file(path: str, was: LockedFile, found: Path | None, name: str) -> Iterator[Problem]:
    if found is None or not found.exists():
        message = f"{short(name)} is not here; put the file there"
        yield Problem(path, message, expected=_told(was))
        return
    here = locked_file(found)
    if here == was:
        return
    message = f"{short(name)} is another than the lock's"
    if was.files is not None and here.files is not None:
        names = was.files.keys() | here.files.keys()
        other = sorted(one for one in names if was.files.get(one) != here.files.get(one))
        message += f" in {', '.join(map(short, other[:5]))}" + (" …" if len(other) > 5 else "")
    yield Problem(path, message, _told(was), _told(here))


def _told(one: LockedFile) -> str:
    return f"{one.size:,} bytes of sha256 {one.sha256}"
