"""Plugins as they were built against the first version keep working, and are told what goes.

The wheels in `first/` are never built again: what they use is promised.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pluggy
import pytest
import torch

from weft import Cache, Engine, Registry, Workflow, hookspecs, offered, plugins
from weft.catalogues import catalogues
from weft.offers import forget_offers
from weft_nodes import Sampler
from weft_nodes.models.families import families
from weft_nodes.sampling.samplers import bind

FIRST = Path(__file__).parent / "first"
OURS = ("acme_field", "weft_example")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The wheels, as pip would have unpacked them, before everything else on the path."""
    folder = tmp_path / "site"
    for wheel in sorted(FIRST.glob("*.whl")):
        with zipfile.ZipFile(wheel) as file:
            file.extractall(folder)
    forget()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    yield folder
    forget()


def forget() -> None:
    forget_offers()
    for name in [one for one in sys.modules if one.partition(".")[0] in OURS]:
        del sys.modules[name]


def test_they_are_described_without_a_warning(site: Path) -> None:
    found = {one.plugin: one for one in catalogues()}
    for name in ("acme", "example"):
        assert found[name].error is None
        assert found[name].warnings == ()
    assert [one.id for one in found["example"].nodes] == ["example:image.curve"]
    web = found["example"].web
    assert web is not None
    assert dict(web.widgets) == {"example/curve": "curve.js"}


def test_the_example_s_workflow_runs(site: Path, tmp_path: Path) -> None:
    (file,) = (site / "weft_example" / "workflows").glob("*.json")
    workflow = Workflow.load(file)
    with Engine(
        registry=Registry.installed(), device="cpu", cache=Cache(), output_dir=tmp_path / "out"
    ) as engine:
        done = engine.run(workflow).check()
    assert [item["mime"] for items in done.outputs.values() for item in items]
    loaded = sys.modules["weft_example.nodes"].__file__
    assert loaded is not None
    assert Path(loaded).is_relative_to(site)


def test_what_they_offer_is_used(site: Path) -> None:
    assert "acme/number" in [one.name for one in families()]
    assert {"acme/heun", "euler"} <= set(offered("samplers"))
    run = bind(Sampler("acme/heun"))(torch.ones(1, 1, 1, 1), [1.0, 0.5, 0.0], torch.zeros)
    assert float(next(run).x) == 1.0


def test_a_hook_on_its_way_out_still_works_and_says_what_to_do(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = pluggy.HookspecMarker("weft")(
        hookspecs.weft_schedules,
        warn_on_impl=DeprecationWarning("weft_schedules goes in 2.0; use weft_levels instead"),
    )
    monkeypatch.setattr(hookspecs, "weft_schedules", going)
    made = plugins.build_catalogue("acme", "acme_field.plugin", "acme-field", "1.0")
    assert made.error is None
    assert "acme/squared" in [one.name for one in made.offers]
    (told,) = made.warnings
    assert "use weft_levels instead" in told
