"""The model files: what they are, and the pictures that lie beside them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from weft import InputError, ModelFolders
from weft_web.api import keys
from weft_web.api.queries import ModelPictureQuery
from weft_web.api.routes.files import thumbnail_of
from weft_web.api.schemas import ModelList, ModelView
from weft_web.errors import not_found

# As people and other programs name them: `NAME.png` or `NAME.preview.png`.
SUFFIXES = (".png", ".webp", ".jpg", ".jpeg")
PICTURES = tuple(between + suffix for between in ("", ".preview") for suffix in SUFFIXES)


async def list_models(request: web.Request) -> ModelList:
    """List the model files, each with the family it was recognised as."""
    made = await request.app[keys.POOL].ask("models", {})
    models = request.app[keys.MODELS]
    return await asyncio.to_thread(_described, made["models"], models)


def _described(found: list[Mapping[str, Any]], models: ModelFolders) -> ModelList:
    views = []
    for one in found:
        folder, name = str(one["folder"]), str(one["name"])
        url = None
        if _picture(models, folder, name) is not None:
            url = "/api/models/thumbnail?" + urlencode({"folder": folder, "name": name})
        views.append(ModelView.model_validate({**one, "thumbnail": url}))
    return ModelList(models=views)


async def get_model_thumbnail(request: web.Request, query: ModelPictureQuery) -> web.StreamResponse:
    """Fetch a small version of the picture that lies beside a model file."""
    models = request.app[keys.MODELS]
    path = await asyncio.to_thread(_picture, models, query.folder, query.name)
    if path is None:
        raise not_found("picture of the model", query.name)
    stat = await asyncio.to_thread(path.stat)
    named = f"{path} {stat.st_size} {stat.st_mtime_ns}".encode("utf-8", "surrogateescape")
    tag = hashlib.sha256(named).hexdigest()
    return await thumbnail_of(request, path, tag, query.size, "private, no-cache")


def _picture(models: ModelFolders, folder: str, name: str) -> Path | None:
    """The picture beside a model; None where there is none, or no such model."""
    if folder not in ModelFolders.subfolders:
        return None
    try:
        path = models.lookup(folder, name)
    except (InputError, OSError, ValueError):
        return None
    if path is None or path.suffix in SUFFIXES:
        return None
    beside = (path.with_name(path.stem + ending) for ending in PICTURES)
    return next((one for one in beside if one.is_file()), None)
