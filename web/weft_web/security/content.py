"""How a file that somebody made or uploaded is handed out: what it is, and under which name.

What it is, its first bytes say; neither its name nor its sender. Only what no browser runs is
shown in place, the rest is saved to disk.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from weft_web.security.headers import CONTENT_POLICY

HEAD = 4096  # bytes that are looked at
DOWNLOAD = "application/octet-stream"
TEXT = "text/plain"
# The types shown in place, with the endings their names may have; the first is added to others.
INLINE: dict[str, tuple[str, ...]] = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/webp": (".webp",),
    "image/gif": (".gif",),
    "video/mp4": (".mp4", ".m4v"),
    "video/webm": (".webm",),
    "audio/wav": (".wav",),
    "audio/mpeg": (".mp3",),
    TEXT: (".txt",),
}
_MP4_BRANDS = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ")
_UNSAFE = re.compile(
    '[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff<>:"|?*/\\\\]+'
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def disposition(content: Path | bytes, name: str = "") -> tuple[str, bool]:
    """The content type of a file, or of its first bytes, and whether it may be shown in place."""
    head = content[:HEAD] if isinstance(content, bytes) else _head(content)
    mime = _by_magic(head)
    if mime is None and name.lower().endswith(INLINE[TEXT]) and _is_text(head):
        mime = TEXT
    return (DOWNLOAD, False) if mime is None else (mime, True)


def content_headers(content: Path | bytes, name: str = "") -> dict[str, str]:
    """The headers to hand out a file with. name: what it may be saved as, from anywhere."""
    mime, inline = disposition(content, name)
    name = safe_name(name, mime)
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace("%", "_")
    how = "inline" if inline else "attachment"
    return {
        "Content-Type": f"{TEXT}; charset=utf-8" if mime == TEXT else mime,
        # RFC 6266: the first for old clients, the second for all others.
        "Content-Disposition": f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, '')}",
        "Content-Security-Policy": CONTENT_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def safe_name(name: str, mime: str) -> str:
    """A file name without folders and without what could mislead; its ending fits the type."""
    name = name.replace("\\", "/").rpartition("/")[2]
    name = _UNSAFE.sub("_", name).strip(". ")[-120:].lstrip(". ") or "download"
    endings = INLINE.get(mime)
    if endings is not None and not name.lower().endswith(endings):
        name += endings[0]
    return name


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _by_magic(head: bytes) -> str | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "audio/wav"
    if head[4:8] == b"ftyp" and head[8:12] in _MP4_BRANDS:
        return "video/mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"\x42\x82\x84webm" in head[:64]:
        return "video/webm"
    # A tag, or the frame header of layer III.
    if head.startswith(b"ID3") or (
        head[:1] == b"\xff" and head[1:2] in (b"\xfb", b"\xf3", b"\xf2")
    ):
        return "audio/mpeg"
    return None


def _is_text(head: bytes) -> bool:
    """Whether this is text in UTF-8. A character may be cut off at the end of what was read."""
    if _CONTROL.search(head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(head) == HEAD and error.start >= HEAD - 3 and "end of data" in error.reason
    return True
