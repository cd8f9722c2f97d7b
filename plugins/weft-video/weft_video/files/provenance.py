"""What a file says of its making: the workflow, as saved pictures carry it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from weft import InputError, Workflow

KEY = "weft"
EXIF_DESCRIPTION = 0x010E


def as_text(texts: Mapping[str, str]) -> str:
    """All texts in one, in ASCII, for formats with room for one."""
    return json.dumps(dict(texts), sort_keys=True)


def exif(texts: Mapping[str, str]) -> bytes:
    """The texts as the description in EXIF data; none where there are none."""
    from PIL import Image

    if not texts:
        return b""
    data = Image.Exif()
    data[EXIF_DESCRIPTION] = as_text(texts)
    return data.tobytes()


def workflow_in(path: Path) -> Workflow:
    """The workflow that a saved WebP, GIF, MP4, WebM or MKV file carries.

    Raises InputError where it carries none.
    """
    from weft_video.files.animation import is_animation

    text = _animation_text(path) if is_animation(path) else _video_text(path)
    try:
        data: Any = json.loads(text)
        return Workflow.from_data(data)
    except (ValueError, TypeError) as error:
        raise InputError(f"{path} carries no workflow") from error


def _animation_text(path: Path) -> str:
    from PIL import Image

    try:
        with Image.open(path) as picture:
            comment = picture.info.get("comment", b"")
            text = picture.getexif().get(EXIF_DESCRIPTION) or comment.decode("ascii", "replace")
        return str(json.loads(text)[KEY])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} carries no workflow") from error


def _video_text(path: Path) -> str:
    from weft_video.files.decode import read_video
    from weft_video.files.timing import Wanted

    with read_video(path, Wanted(), 0) as video:
        texts = {name.lower(): text for name, text in video.texts.items()}
    return texts.get(KEY, "")
