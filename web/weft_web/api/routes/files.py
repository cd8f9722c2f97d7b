"""Files: what jobs made, and what was uploaded for them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import BodyPartReader, web

from weft import InputError
from weft_web.api import keys
from weft_web.api.queries import OutputQuery, ThumbnailQuery, UploadName
from weft_web.api.routes.nodes import matches
from weft_web.api.routing import Reply
from weft_web.api.schemas import Deleted, Sha256, Upload, UploadList
from weft_web.api.views import upload_view
from weft_web.errors import ApiError, not_found
from weft_web.security.content import HEAD, content_headers, disposition
from weft_web.store.records import UploadRow

CHUNK = 1 << 16
FILES = 64  # in one multipart request
FOREVER = "private, max-age=31536000, immutable"  # what a digest names never changes


async def get_output(
    request: web.Request, sha256: Sha256, query: OutputQuery
) -> web.StreamResponse:
    """Fetch something a job made. `name` is what it is called when it is saved."""
    path = request.app[keys.BLOBS].path(sha256)
    return await _file(path, query.name or sha256, FOREVER)


async def get_output_thumbnail(
    request: web.Request, sha256: Sha256, query: ThumbnailQuery
) -> web.StreamResponse:
    """Fetch a small version of a picture that a job made."""
    path = request.app[keys.BLOBS].path(sha256)
    return await thumbnail_of(request, path, sha256, query.size, FOREVER)


async def list_uploads(request: web.Request) -> UploadList:
    """List the uploaded files, newest first."""
    rows = await request.app[keys.STORE].uploads.list()
    return UploadList(uploads=[upload_view(one) for one in rows])


async def put_upload(request: web.Request, name: UploadName) -> Reply[Upload]:
    """Upload a picture: the body is the file.

    The same content under the same name is the same upload (200). Where another file has the name,
    this one gets a number; the answer says which.
    """
    chunks = request.content.iter_chunked(CHUNK)
    intake = request.app[keys.INTAKE]
    row, created = await intake.receive(name, chunks, request.content_length)
    return Reply(upload_view(row), status=201 if created else 200)


async def post_uploads(request: web.Request) -> Reply[UploadList]:
    """Upload pictures from a form: every part that is a file."""
    if request.content_type != "multipart/form-data":
        raise ApiError(415, "unsupported_media_type", "expected multipart/form-data")
    rows: list[UploadRow] = []
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.filename is None:
                raise ApiError(422, "invalid", "the form has a part that is no file")
            if len(rows) == FILES:
                raise ApiError(413, "too_large", f"at most {FILES} files at once")
            name = part.filename.replace("\\", "/").rpartition("/")[2]
            row, _ = await request.app[keys.INTAKE].receive(name, _chunks(part))
            rows.append(row)
    except (ValueError, RuntimeError) as error:
        raise ApiError(400, "bad_request", f"the form cannot be read: {error}") from None
    if not rows:
        raise ApiError(422, "invalid", "the form has no file")
    return Reply(UploadList(uploads=[upload_view(one) for one in rows]))


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(CHUNK):
        yield chunk


async def get_upload(request: web.Request, name: UploadName) -> web.StreamResponse:
    """Fetch an uploaded file."""
    row, path = await _upload(request, name)
    return await _file(path, row.name, "private, no-cache")


async def get_upload_thumbnail(
    request: web.Request, name: UploadName, query: ThumbnailQuery
) -> web.StreamResponse:
    """Fetch a small version of an uploaded picture."""
    row, path = await _upload(request, name)
    return await thumbnail_of(request, path, row.sha256, query.size, "private, no-cache")


async def delete_upload(request: web.Request, name: UploadName) -> Deleted:
    """Delete an uploaded file. Jobs that name it and have not run yet will fail."""
    await _upload(request, name)
    await request.app[keys.INTAKE].delete(name)
    return Deleted(deleted=1)


async def _upload(request: web.Request, name: str) -> tuple[UploadRow, Path]:
    try:
        path = request.app[keys.INTAKE].path(name)
    except InputError:
        raise not_found("upload", name) from None
    row = await request.app[keys.STORE].uploads.get(name)
    if row is None:
        raise not_found("upload", name)
    return row, path


async def _file(path: Path, name: str, cache: str) -> web.StreamResponse:
    head = await asyncio.to_thread(_head, path)
    if head is None:
        raise not_found("file", name)
    headers = {"Cache-Control": cache, **content_headers(head, name)}
    return web.FileResponse(path, chunk_size=CHUNK * 4, headers=headers)


def _head(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None


async def still(request: web.Request, path: Path) -> web.StreamResponse:
    """A small picture that ships, as it is."""
    content = await asyncio.to_thread(path.read_bytes)
    response = web.Response(headers={"Cache-Control": "private, no-cache"})
    tag = hashlib.sha256(content).hexdigest()[:32]
    response.etag = tag
    if matches(request, tag):
        response.set_status(304)
        return response
    mime, _ = disposition(content)
    response.body = content
    response.content_type = mime
    return response


async def thumbnail_of(
    request: web.Request, path: Path, sha256: str, size: int, cache: str
) -> web.StreamResponse:
    """A small version of a picture, whose content the digest names."""
    # Not before it is needed: Pillow takes longer to import than the server to start.
    from weft_web.security.images import MIME, SIZES, make_thumbnail

    size = next(one for one in SIZES if one >= size)  # few sizes, so that browsers keep them
    response = web.Response(headers={"Cache-Control": cache})
    tag = f"{sha256[:32]}-{size}"
    response.etag = tag
    if not await asyncio.to_thread(path.is_file):
        raise not_found("file", sha256)
    if matches(request, tag):
        response.set_status(304)
        return response
    response.body = await make_thumbnail(path, size, request.app[keys.SETTINGS].limits)
    response.content_type = MIME
    return response
