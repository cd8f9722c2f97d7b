"""Files: what jobs made, and what is uploaded for them."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from pathlib import Path
from urllib.parse import quote

import aiohttp

from weft import InputError, confined
from weft_web.api.schemas import Deleted, JobView, OutputView, Upload, UploadList
from weft_web.client.errors import OutputError, RefusedError, UnreachableError
from weft_web.client.jobs import Jobs
from weft_web.client.requests import BUSY, LOST, SILENCE, pause_before, refusal

CHUNK = 256 * 1024


class Files(Jobs):
    """What a client does with files; see `Client`."""

    async def read(self, output: OutputView | str) -> bytes:
        """The content of an output's file, or of the file with that SHA-256."""
        answer = await self._send("GET", _output_path(output))
        return answer[1]

    async def download(
        self, job: str | JobView, folder: str | os.PathLike[str] = "output"
    ) -> list[Path]:
        """Write a job's files into a folder, under their names; give the paths.

        A file that is there with the same content is left, one with other content is not
        overwritten: the new one gets a number. Raises OutputError for a name that leads elsewhere.
        """
        view = await self.job(job) if isinstance(job, str) else job
        return [
            await self.save(one, folder) for one in view.outputs if one.sha256 and not one.preview
        ]

    async def save(self, output: OutputView, folder: str | os.PathLike[str]) -> Path:
        """Write one output's file into a folder; give its path."""
        if output.sha256 is None:
            raise OutputError(f"output {output.index} of {output.node} is no file")
        root = Path(folder)
        name = output.name or f"{output.node}-{output.sha256[:12]}"
        try:
            wanted = confined(root, name)
        except InputError as error:
            raise OutputError(f"the server named a file {name!r}: {error}") from error
        await asyncio.to_thread(wanted.parent.mkdir, parents=True, exist_ok=True)
        temporary = wanted.parent / f".tmp-{secrets.token_hex(8)}"
        try:
            await self._fetch(output, temporary)
            return await asyncio.to_thread(_put, temporary, wanted, output.sha256)
        finally:
            temporary.unlink(missing_ok=True)

    async def _fetch(self, output: OutputView, path: Path) -> None:
        """Download to a path, again from the start where the connection is lost or all is busy."""
        error: Exception | None = None
        for count in range(self._tries):
            if count:
                await asyncio.sleep(pause_before(count))
            try:
                digest = await self._fetch_once(output, path)
            except RefusedError as refused:
                if refused.status not in BUSY:
                    raise
                error = refused
                continue
            except LOST as lost:
                error = lost
                continue
            if digest != output.sha256:
                raise OutputError(f"{output.name}: the content is not what the server promised")
            return
        if isinstance(error, RefusedError):
            raise error
        raise UnreachableError(f"{self.server}: {error}")

    async def _fetch_once(self, output: OutputView, path: Path) -> str:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=SILENCE)
        digest = hashlib.sha256()
        async with self._open().get(
            self.server + _output_path(output), timeout=timeout, allow_redirects=False
        ) as answer:
            if answer.status != 200:
                raise refusal(answer.status, await answer.read())
            with path.open("wb") as file:
                async for chunk in answer.content.iter_chunked(CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        return digest.hexdigest()

    async def upload(self, file: str | os.PathLike[str], name: str | None = None) -> Upload:
        """Upload a file; nodes name it by the answer's `name`.

        name: under which; where none is given, the file's own with a digest of its content, so that
            different files never share a name. The server gives a number to a name that is taken.
        """
        path = Path(file)
        sha256, length = await asyncio.to_thread(_digest, path)
        wanted = name or f"{path.stem[:80]}-{sha256[:12]}{path.suffix}"
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(length)}
        where = f"/api/uploads/{quote(wanted, safe='')}"
        return await self._ask(Upload, "PUT", where, body=path, headers=headers)

    async def uploads(self) -> UploadList:
        """The uploaded files."""
        return await self._ask(UploadList, "GET", "/api/uploads")

    async def delete_upload(self, name: str) -> Deleted:
        """Delete an uploaded file."""
        return await self._ask(Deleted, "DELETE", f"/api/uploads/{quote(name, safe='')}", tries=1)


def _output_path(output: OutputView | str) -> str:
    sha256 = output if isinstance(output, str) else output.sha256
    if sha256 is None:
        raise OutputError("the output is no file")
    return f"/api/outputs/{quote(sha256, safe='')}"


def _digest(path: Path) -> tuple[str, int]:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            return digest.hexdigest(), file.tell()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def _put(temporary: Path, wanted: Path, sha256: str) -> Path:
    """Give a finished file its name; never write over another content."""
    for number in range(1, 100_000):
        path = wanted if number == 1 else wanted.with_stem(f"{wanted.stem}-{number}")
        try:
            os.link(temporary, path)
        except FileExistsError:
            if path.is_file() and _digest(path)[0] == sha256:
                return path
        except OSError:  # a file system without links
            if not path.exists():
                return temporary.replace(path)
        else:
            return path
    raise OutputError(f"{wanted}: too many files of that name")
