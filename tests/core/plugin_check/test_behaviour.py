"""What nodes do, found by running them: each node here makes one mistake, or none."""

from __future__ import annotations

import pytest

from core.plugin_check.projects import Project, levels, project_in
from weft.plugin_check.check_behaviour import check_behaviour
from weft.plugin_check.findings import Finding

NODES = '''
import itertools
import os
from dataclasses import dataclass

@weft.kind("acme:grain")
@dataclass(frozen=True)
class Grain:
    """A tensor in a kind of its own."""
    amount: weft.Tensor

@weft.kind("acme:unmade")
@dataclass(frozen=True)
class Unmade:
    """Nobody makes one."""

class Two(NamedTuple):
    image: Image
    grain: Grain

COUNT = itertools.count()

@node("acme:good.grain")
def grain(seed: Annotated[int, weft.Seed()] = 0) -> Grain:
    """Makes the kind, from a seed."""
    import torch
    return Grain(torch.rand(1, 4, 4, 3, generator=torch.Generator().manual_seed(seed % 2**63)))

@node("acme:good.two")
async def two(image: Image, grain: Grain, ctx: Context, mask: Mask | None = None) -> Two:
    """Uses it, with all that a node may have."""
    changed = await ctx.call(image.clamp, 0, 0.5)
    return Two(changed if mask is None else changed * mask[..., None], grain)

@node("acme:good.lists")
def lists(
    images: list[Image],
    numbers: list[Annotated[float, Range(0, 1)]] = [0.5],
    either: int | str = 3,
    mode: Literal["a", "b"] = "a",
) -> list[Image]:
    """Takes lists, unions and choices."""
    return images if numbers[0] < 2 else []

@node("acme:good.saves")
def saves(image: Image, ctx: Context, name: str = "x") -> None:
    """Is an output node."""
    ctx.output_dir.mkdir(exist_ok=True)
    (ctx.output_dir / "made").write_text(name)

@node("acme:good.refuses_some")
def refuses_some(text: str = "#000000") -> str:
    """Takes colours only, and says so."""
    if not text.startswith("#"):
        raise InputError("expected a colour")
    return text

@node("acme:good.refuses_all")
def refuses_all(text: str) -> str:
    """Takes nothing that can be guessed."""
    raise InputError("expected a secret")

@node("acme:good.unmade")
def unmade(unmade: Unmade) -> int:
    """Takes what nobody makes."""
    return 1

@node("acme:bad.raises")
def raises(number: Annotated[int, Range(0, 5)] = 3) -> int:
    """Divides by zero."""
    return 10 // number

@node("acme:bad.in_place")
def in_place(image: Image) -> Image:
    """Edits its input."""
    return image.mul_(0.5).clone()

@node("acme:bad.behind_its_back")
def behind_its_back(image: Image) -> Image:
    """Edits its input where the version counter does not see it."""
    image.numpy()[:] = 0
    return image.clone()

@node("acme:bad.in_list")
def in_list(numbers: list[int] = [1, 2]) -> int:
    """Edits a list."""
    numbers.append(3)
    return 1

@node("acme:bad.counts")
def counts(number: int = 1) -> int:
    """Remembers."""
    return next(COUNT)

@node("acme:bad.draws")
def draws(image: Image) -> Image:
    """Draws from the global generator."""
    import torch
    return torch.rand_like(image)

@node("acme:bad.bright")
def bright(image: Image) -> Image:
    """Leaves the range."""
    return image * 2

@node("acme:bad.nan")
def nan(mask: Mask) -> Mask:
    """Gives what is no number."""
    return mask / 0 * 0

@node("acme:bad.double")
def double(image: Image) -> Image:
    """Gives another dtype."""
    return image.double()

@node("acme:bad.says_something")
def says_something(image: Image) -> None:
    """Returns though it says it does not."""
    return 1

@weft.kind("acme:forgetful")
@dataclass(frozen=True)
class Forgetful:
    """Reads back something else than it wrote."""
    size: int
    def weft_stored(self):
        return self.size
    @classmethod
    def weft_restored(cls, stored):
        return cls(stored + 1)

@weft.kind("acme:shy")
@dataclass(frozen=True)
class Shy:
    """Is shown as a number."""
    size: int
    def weft_shown(self):
        return self.size

@node("acme:bad.forgetful")
def forgetful(size: int = 1) -> Forgetful:
    """Gives what does not come back."""
    return Forgetful(size)

@node("acme:bad.shy")
def shy(size: int = 1) -> Shy:
    """Gives what cannot be shown."""
    return Shy(size)

@node("acme:bad.environment")
def environment(number: int = 1) -> int:
    """Changes the environment."""
    os.environ["ACME"] = str(number)
    return number

@node("acme:bad.dtype")
def dtype(number: int = 1) -> int:
    """Changes torch's default dtype."""
    import torch
    torch.set_default_dtype(torch.float64)
    return number

@node("acme:bad.exits")
def exits(number: int = 1) -> int:
    """Leaves."""
    raise SystemExit(3)

@node("acme:bad.crashes")
def crashes(number: int = 1) -> int:
    """Takes the process with it."""
    os._exit(7)

@node("acme:good.last")
def last(number: int = 1) -> int:
    """Comes after a crash."""
    return number
'''
EXPECTED = {
    "raises": ("raises", "raised ZeroDivisionError", "with number = 0"),
    "in_place": ("in-place", "changed its input 'image' in place", "its defaults"),
    "behind_its_back": ("in-place", "changed its input 'image' in place", "its defaults"),
    "in_list": ("in-place", "changed its input 'numbers' in place", "its defaults"),
    "counts": ("deterministic", "gave another answer the second time", "its defaults"),
    "draws": ("deterministic", "gave another answer the second time", "its defaults"),
    "bright": ("outputs", "gave values from", "its defaults"),
    "nan": ("outputs", "gave NaN or infinity in 'mask'", "its defaults"),
    "double": ("outputs", "gave a Tensor of float64", "its defaults"),
    "says_something": ("outputs", "returned int 1", "its defaults"),
    "forgetful": ("values", "comes back from disk as another value.size", "its defaults"),
    "shy": ("values", "is shown as int 1", "its defaults"),
    "environment": ("global-state", "it changed the environment: ACME", "its defaults"),
    "dtype": ("global-state", "it changed torch's default dtype", "its defaults"),
    "exits": ("raises", "raised SystemExit: 3", "its defaults"),
    "crashes": ("raises", "its process ended with status 7", ""),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    with project_in(tmp_path_factory.mktemp("behaved")) as project:
        project.write("acme_nodes/nodes.py", NODES)
        return check_behaviour(project.review())


def of(found: list[Finding], node: str) -> list[Finding]:
    return [one for one in found if f"acme:{node}" in one.message]


@pytest.mark.parametrize("name", EXPECTED)
def test_each_mistake_is_found_and_no_other(found: list[Finding], name: str) -> None:
    check, said, case = EXPECTED[name]
    (told,) = of(found, f"bad.{name}")
    assert (told.level, told.check) == ("fail", check)
    assert said in told.message
    assert case in told.got
    assert told.where.startswith("acme_nodes/nodes.py:")


@pytest.mark.parametrize("name", ["grain", "two", "lists", "saves", "refuses_some", "last"])
def test_nothing_is_said_of_nodes_that_keep_the_laws(found: list[Finding], name: str) -> None:
    assert of(found, f"good.{name}") == []


def test_what_could_not_be_run_is_told_with_the_reason(found: list[Finding]) -> None:
    (refuses,) = of(found, "good.refuses_all")
    assert refuses.level == "skip"
    assert "expected a secret" in refuses.message
    (unmade,) = of(found, "good.unmade")
    assert unmade.level == "skip"
    assert "no node makes a value of the kind 'acme:unmade'" in unmade.message
    assert not [one for one in found if one.level == "ok"]  # every check has failed somewhere


def test_a_plugin_without_nodes_has_no_behaviour(project: Project) -> None:
    project.edit("acme_nodes/plugin.py", 'return ["acme_nodes.nodes"]', "return []")
    assert levels(check_behaviour(project.review())) == set()
