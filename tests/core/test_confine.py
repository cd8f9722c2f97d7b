"""No name from outside leads out of its folder (S3); ordinary names work."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from weft import InputError, ModelFolders, confined, open_new

# 66: six ways to write a step up, each at eleven places.
UP = ("../", "..\\", "..//", "./../", "%2e%2e/../", "\u002e\u002e/")
PLACES = (
    "{up}canary", "{up}{up}canary", "{up}{up}{up}{up}{up}{up}{up}{up}etc/passwd",
    "sub/{up}{up}canary", "sub/{up}canary", "sub/deep/{up}{up}{up}canary", "{up}", "sub/{up}",
    "{up}root-beside/canary", "a.png/{up}{up}canary", "sub/{up}sub/{up}{up}canary",
)  # fmt: skip
RELATIVE = [place.format(up=up) for up, place in product(UP, PLACES)]
ABSOLUTE = [
    "/etc/passwd", "//etc/passwd", "///etc/passwd", "/", "//", "/canary", "\\etc\\passwd",
    "\\\\server\\share\\x", "//server/share/x", "\\\\?\\C:\\x", "\\\\.\\pipe\\x", "C:\\x", "C:/x",
    "c:x", "C:", "file:///etc/passwd", "/proc/self/environ", "/dev/null",
]  # fmt: skip
NAMES = [
    "", " ", ".", "..", "...", "a\x00.png", "\x00", "a/\x00/b", "a\nb", "a\x1bb", "a\x7fb",
    "a\x85b", "a\u202egpj.exe", "a\ud800", "con", "CON.png", "sub/nul", "aux.tar.gz", "com1",
    "LPT9.txt", "com¹.png", "a.png:stream", "a.png::$DATA", "a.", "a ", " a", "sub./a", "sub /a",
    ".tmp-1", "sub/.previews/a", "x" * 241, "/".join(["d"] * 33),
]  # fmt: skip
LINKS = ["out", "out/canary", "file", "dangling", "circle", "sub/up/canary"]
PAYLOADS = [*RELATIVE, *ABSOLUTE, *NAMES, *LINKS]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with links that lead out of it, and files beside it that nobody may reach."""
    folder = tmp_path / "root"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "root-beside").mkdir()
    for place in (tmp_path, tmp_path / "root-beside"):
        (place / "canary").write_text("canary")
    (folder / "a.png").write_bytes(b"a")
    (folder / "out").symlink_to(tmp_path)
    (folder / "file").symlink_to(tmp_path / "canary")
    (folder / "dangling").symlink_to(tmp_path / "not-there")
    (folder / "circle").symlink_to(folder / "circle")
    (folder / "sub/up").symlink_to(Path("../.."))
    (folder / "inside").symlink_to(folder / "sub")
    return folder


def tree(folder: Path) -> list[str]:
    return sorted(str(one) for one in folder.rglob("*"))


def test_there_are_122_payloads() -> None:
    assert (len(RELATIVE), len(ABSOLUTE), len(NAMES), len(LINKS)) == (66, 18, 32, 6)
    assert len(PAYLOADS) == 122


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_name_stays_in_the_folder(root: Path, name: str) -> None:
    before = tree(root.parent)
    with pytest.raises(InputError, match="cannot be used") as refusal:
        confined(root, name)
    assert len(str(refusal.value)) < 400
    assert str(refusal.value).isprintable()
    with pytest.raises(InputError):
        open_new(root, name)
    assert tree(root.parent) == before


@pytest.mark.parametrize("name", [one for one in PAYLOADS if one not in LINKS])
def test_where_links_may_lead_out_the_name_still_may_not(root: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be used"):
        confined(root, name, links_out=True)
    with pytest.raises(InputError, match="cannot be used"):
        ModelFolders((root.parent,)).find("root", name)


@pytest.mark.parametrize(
    "name",
    ["a.png", "sub/b.png", "new/deep/x", "bild ü", "a.b.c", "seed 7 (best)", "猫.webp", "inside/x",
     "console.png", "com10", "nullable", "%2e%2e", "~", "-rf", "a..b", "x" * 240],
)  # fmt: skip
def test_ordinary_names_work(root: Path, name: str) -> None:
    assert confined(root, name) == root / name
    assert confined(Path(str(root)), name, links_out=True) == root / name


def test_the_folder_itself_may_be_a_link_and_need_not_exist(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    assert confined(tmp_path / "link", "sub/x") == tmp_path / "link/sub/x"
    assert confined(tmp_path / "none", "x") == tmp_path / "none/x"


def test_a_linked_model_is_found(root: Path) -> None:
    assert ModelFolders((root.parent,)).find("root", "file").read_text() == "canary"


def test_a_new_file_is_new(root: Path) -> None:
    with open_new(root, "made/here.txt") as file:
        file.write(b"once")
    for name in ("made/here.txt", "a.png", "sub", "inside"):
        with pytest.raises(InputError, match="already"):
            open_new(root, name)
    assert (root / "made/here.txt").read_bytes() == b"once"
    with pytest.raises(InputError, match="cannot be written"):
        open_new(root, "a.png/below")
