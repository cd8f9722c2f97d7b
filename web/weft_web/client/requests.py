"""Requests to a server: sent again where that is safe, answered by models or errors."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
from pydantic import BaseModel, ValidationError

from weft import Workflow
from weft_web.api.schemas import ErrorAnswer
from weft_web.client.errors import RefusedError, UnreachableError
from weft_web.presence import find

Model = TypeVar("Model", bound=BaseModel)
WorkflowLike = Workflow | Mapping[str, Any] | str | os.PathLike[str]
LOST = (aiohttp.ClientError, asyncio.TimeoutError)  # no answer, or none that is HTTP
BUSY = (429, 502, 503, 504)  # answers that a later try may not get
SILENCE = 60.0  # seconds without a byte before a stream counts as lost
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds between tries


class Requests:
    """The connection to a server; see `Client`."""

    def __init__(
        self,
        server: str | None = None,
        token: str | None = None,
        *,
        tries: int = 6,
        seconds: float = 60.0,
    ) -> None:
        self.server, self._token = find(server, token)
        self._tries = max(1, tries)
        self._timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=10)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        # A proxy of the environment has no business with the token.
        self._session = aiohttp.ClientSession(
            headers=headers,
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=32),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the client is closed; use it in `async with Client(...) as client`")
        return self._session

    async def _ask(self, model: type[Model], method: str, path: str, **options: Any) -> Model:
        status, content = await self._send(method, path, **options)
        try:
            return model.model_validate_json(content)
        except ValidationError as error:
            raise RefusedError(
                status, "unknown_answer", f"{path} is no {model.__name__} of a Weft server: {error}"
            ) from error

    async def _send(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: Path | None = None,
        params: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        tries: int | None = None,
        allowed: tuple[int, ...] = (),
    ) -> tuple[int, bytes]:
        """Status and content of a good answer. A request without one is sent again."""
        error: Exception | None = None
        for count in range(self._tries if tries is None else tries):
            if count:
                await asyncio.sleep(pause_before(count))
            try:
                status, content = await self._once(method, path, json, body, params, headers)
            except LOST as lost:
                error = lost
                continue
            if status < 300 or status in allowed:
                return status, content
            error = refusal(status, content)
            if status not in BUSY:
                raise error
        if isinstance(error, RefusedError):
            raise error
        said = str(error) or type(error).__name__
        raise UnreachableError(f"{self.server} does not answer: {said}") from error

    async def _once(
        self,
        method: str,
        path: str,
        json: Any,
        body: Path | None,
        params: Sequence[tuple[str, str]],
        headers: Mapping[str, str] | None,
    ) -> tuple[int, bytes]:
        data = None if body is None else await asyncio.to_thread(body.open, "rb")
        # A file takes as long as it takes; its answer does not.
        sending = aiohttp.ClientTimeout(sock_connect=10, sock_read=self._timeout.total)
        try:
            async with self._open().request(
                method,
                self.server + path,
                json=json,
                data=data,
                params=params or None,
                headers=headers,
                timeout=self._timeout if body is None else sending,
                # The token goes to the server that was named, and nowhere else.
                allow_redirects=False,
            ) as answer:
                return answer.status, await answer.read()
        finally:
            if data is not None:
                data.close()


def document(workflow: WorkflowLike) -> dict[str, Any]:
    """The data of a workflow, however it is given. Raises WorkflowError."""
    if isinstance(workflow, Workflow):
        return workflow.data()
    if isinstance(workflow, Mapping):
        return dict(workflow)
    return Workflow.load(Path(workflow)).data()


def pause_before(count: int) -> float:
    """Seconds before try `count`: longer each time, and not for all clients the same."""
    longest: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**count)
    return longest * (0.5 + secrets.randbelow(1000) / 2000)


def refusal(status: int, content: bytes) -> RefusedError:
    try:
        error = ErrorAnswer.model_validate_json(content).error
    except ValidationError:
        text = content[:200].decode("utf-8", "replace").strip()
        return RefusedError(status, "unknown", text or "the server gave no reason")
    return RefusedError(status, error.code, error.message, tuple(error.problems))
