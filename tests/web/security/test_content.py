"""Nothing that somebody made or uploaded runs in a browser (S4)."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from weft_web.security.content import content_headers, disposition

SCRIPT = b"<script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
WEBM = bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f381084282847765626d")

# Content, the name it comes under, and the type it is shown as; None where it is only saved.
TYPES: list[tuple[bytes, str, str | None]] = [
    (PNG, "a.png", "image/png"),
    (b"\xff\xd8\xff\xe0" + b"\0" * 8, "a.jpg", "image/jpeg"),
    (b"RIFF\x24\0\0\0WEBPVP8 ", "a.webp", "image/webp"),
    (b"GIF89a" + b"\0" * 8, "a.gif", "image/gif"),
    (b"\0\0\0\x18ftypisom\0\0\0\0", "a.mp4", "video/mp4"),
    (WEBM, "a.webm", "video/webm"),
    (b"RIFF\x24\0\0\0WAVEfmt ", "a.wav", "audio/wav"),
    (b"ID3\x04\0\0\0", "a.mp3", "audio/mpeg"),
    (b"\xff\xfb\x90\x44", "a.mp3", "audio/mpeg"),
    ("Grüße\n".encode(), "a.txt", "text/plain; charset=utf-8"),
    (SCRIPT, "a.txt", "text/plain; charset=utf-8"),
    (b"<!doctype html>" + SCRIPT, "a.html", None),
    (SCRIPT, "a.png", None),
    (SCRIPT, "", None),
    (b"\xef\xbb\xbf<html>", "a.htm", None),
    (SVG, "a.svg", None),
    (b'<?xml version="1.0"?>' + SVG, "a.png", None),
    (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>", "a.xhtml", None),
    (b"alert(1)", "a.js", None),
    (b"export default 1", "a.mjs", None),
    (b"body{}", "a.css", None),
    (b"\0asm\1\0\0\0", "a.wasm", None),
    (b"%PDF-1.7\n", "a.pdf", None),
    (b"PK\3\4", "a.zip", None),
    (b"{}", "a.json", None),
    (b"From: a\r\nContent-Type: text/html\r\n\r\n" + SCRIPT, "a.mht", None),
    (b"\xff\xfe<\0s\0c\0r\0i\0p\0t\0>\0", "a.txt", None),
    (b"a\0b" + SCRIPT, "a.txt", None),
    (b"\0\0\0\x18ftypheic", "a.mp4", None),
    (b"", "a.png", None),
]


def test_there_are_30_types() -> None:
    assert len(TYPES) == 30


@pytest.mark.parametrize(("content", "name", "shown"), TYPES)
def test_only_what_no_browser_runs_is_shown(
    content: bytes, name: str, shown: str | None, tmp_path: Path
) -> None:
    (tmp_path / "blob").write_bytes(content)
    headers = content_headers(tmp_path / "blob", name)
    assert headers == content_headers(content, name)
    assert headers["Content-Type"] == (shown or "application/octet-stream")
    assert headers["Content-Disposition"].startswith("inline;" if shown else "attachment;")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_polyglot_is_only_a_picture() -> None:
    for content in (PNG + SCRIPT, b"GIF89a/*" + SCRIPT + b"*/=1;alert(1)"):
        headers = content_headers(content, "page.html")
        assert headers["Content-Type"].startswith("image/")
        assert "page.html." in headers["Content-Disposition"]


def test_a_text_that_is_cut_off_within_a_character_is_text() -> None:
    assert disposition(b"x" * 4095 + "ü".encode(), "a.txt") == ("text/plain", True)
    assert disposition(b"x" * 100 + b"\xc3", "a.txt") == ("application/octet-stream", False)
    assert disposition(b"\xc3" + b"x" * 5000, "a.txt") == ("application/octet-stream", False)


@pytest.mark.parametrize(
    ("name", "plain", "full"),
    [
        ("cat.png", "cat.png", "cat.png"),
        ("größe 猫.png", "gr__e _.png", "größe 猫.png"),
        ("", "download.png", "download.png"),
        ("../../etc/passwd", "passwd.png", "passwd.png"),
        ("C:\\Users\\me\\x.png", "x.png", "x.png"),
        ('a"; filename="b.exe', "a_; filename=_b.exe.png", "a_; filename=_b.exe.png"),
        ("a\r\nSet-Cookie: x=1.png", "a_Set-Cookie_ x=1.png", "a_Set-Cookie_ x=1.png"),
        ("100%41.png", "100_41.png", "100%41.png"),
        ("gpj\u202e.exe", "gpj_.exe.png", "gpj_.exe.png"),
        ("..hidden", "hidden.png", "hidden.png"),
        ("a\ud800b.png", "a_b.png", "a_b.png"),
        ("x" * 300 + ".PNG", "x" * 116 + ".PNG", "x" * 116 + ".PNG"),
    ],
)
def test_names_cannot_break_out_of_the_header(name: str, plain: str, full: str) -> None:
    value = content_headers(PNG, name)["Content-Disposition"]
    match = re.fullmatch(r"""inline; filename="([^"\\]*)"; filename\*=UTF-8''([\w.%~-]+)""", value)
    assert match is not None, value
    assert value.isascii()
    assert value.isprintable()
    assert match[1] == plain
    assert unquote(match[2]) == full
