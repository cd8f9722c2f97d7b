"""What is installed, told from metadata: what is required, digests, where it came from."""

import json
import sys
from pathlib import Path

import pytest

from core.sites import Site
from weft import InputError
from weft.installed import direct_requirements, distributions_here, torch_here


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site.on_path(tmp_path / "site", monkeypatch)


def test_all_that_is_required_is_found(site: Site) -> None:
    site.add(
        "Acme_Nodes", requires=["lib.one>=1", "lib-two[fast]", "odd (", "old; python_version<'3'"]
    )
    site.add("lib-one", "1.5", requires=["acme-nodes", "lib-three"])  # a circle
    site.add("lib-two", requires=["speed; extra=='fast'", "doc; extra=='docs'", "lib-two[more]"])
    site.add("speed", requires=["faster"])
    site.add("lib_three", "3.0+local")
    site.add("unrelated")
    found = distributions_here(["ACME.nodes"])
    versions = {name: one.version for name, one in found.items()}
    assert versions == {
        "acme-nodes": "1.0",
        "faster": None,
        "lib-one": "1.5",
        "lib-three": "3.0+local",
        "lib-two": "1.0",
        "speed": "1.0",
    }
    assert list(versions) == sorted(versions)
    assert direct_requirements("acme-nodes") == {"lib-one", "lib-two"}
    assert distributions_here(["nobody-has-this"])["nobody-has-this"].version is None


def test_the_digest_of_a_wheel_is_of_what_it_brings(site: Site) -> None:
    info = site.add("acme", files={"acme/__init__.py": "1", "acme/nodes.py": "2"})

    def digest() -> str | None:
        one = distributions_here(["acme"])["acme"]
        assert one.hashed == ("record" if one.sha256 else None)
        return one.sha256

    before = digest()
    record = info / "RECORD"
    lines = record.read_text().splitlines()
    # Another installer, on another machine.
    noise = ["../../bin/acme,sha256=abc,9", "acme/__pycache__/nodes.cpython-311.pyc,,"]
    noise += ["acme-1.0.dist-info/INSTALLER,sha256=def,2", "acme-1.0.dist-info/RECORD,,"]
    record.write_text("\n".join(noise + lines[::-1]))
    assert digest() == before
    record.write_text("\n".join(lines).replace("sha256=", "sha256=x", 1))
    assert digest() not in (None, before)
    record.unlink()
    assert digest() is None


def test_an_editable_installation_is_known_by_its_sources(site: Site) -> None:
    package = site.editable("acme-nodes", "acme", {"nodes.py": "amount = 1"})
    before = distributions_here(["acme-nodes"])["acme-nodes"]
    assert (before.origin, before.hashed) == ("editable", "sources")
    (package / "notes.txt").write_text("of no account")
    assert distributions_here(["acme-nodes"])["acme-nodes"] == before
    (package / "nodes.py").write_text("amount = 2")
    after = distributions_here(["acme-nodes"])["acme-nodes"]
    assert after.hashed == "sources"
    assert after.sha256 not in (None, before.sha256)
    assert "acme" not in sys.modules


@pytest.mark.parametrize(
    ("data", "origin"),
    [
        ({"url": "file:///home/me/acme", "dir_info": {}}, "folder"),
        ({"url": "file:///home/me/acme.whl", "archive_info": {}}, "folder"),
        ({"url": "https://me:secret@example.org/acme.whl", "archive_info": {}},
         "https://example.org/acme.whl"),
        ({"url": "https://example.org/acme", "subdirectory": "py",
          "vcs_info": {"vcs": "git", "commit_id": "abc123"}},
         "git+https://example.org/acme@abc123#subdirectory=py"),
        ({"url": "https://example.org/'; rm -rf ~", "archive_info": {}}, None),
        ({"url": 5}, None),
        ("nonsense", None),
    ],
)  # fmt: skip
def test_where_it_came_from(site: Site, data: object, origin: str | None) -> None:
    info = site.add("acme")
    (info / "direct_url.json").write_text(json.dumps(data))
    assert distributions_here(["acme"])["acme"].origin == origin


def test_what_is_no_distribution(site: Site) -> None:
    (site.add("acme") / "METADATA").write_text("Name: acme\n")
    assert distributions_here(["acme"])["acme"].version is None
    site.add("other", "1.0'; rm")
    with pytest.raises(InputError, match=r"other is installed as .*, which is no version"):
        distributions_here(["other"])


def test_the_build_of_torch(site: Site) -> None:
    site.torch("2.7.0", "2.7.0+cu128", cuda="12.8")
    found = torch_here()
    assert found is not None
    assert (found.version, found.cuda, found.hip) == ("2.7.0+cu128", "12.8", None)
    assert str(found) == "2.7.0+cu128 for CUDA 12.8"
    for text in ("def broken(:", "__version__ = 'my own build'"):
        (site.folder / "torch" / "version.py").write_text(text)
        assert str(torch_here()) == "2.7.0"
