"""Every refusal and every fault as JSON: what was expected, what came, where; never the inside."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import ValidationError

from weft import InputError, Problem, WorkflowError
from weft_web.errors import ApiError, StorageFullError
from weft_web.workers.pool import AskError

log = logging.getLogger("weft.web")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
# Of what is wrong below HTTP. Anybody can send nonsense: it must not fill the log.
line_log = logging.getLogger("weft.web.line")
line_log.addFilter(lambda record: not isinstance(_raised(record), HttpProcessingError))
CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    417: "expectation_failed",
    426: "upgrade_required",
    431: "too_large",
}


def _raised(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if isinstance(record.exc_info, tuple) else None


@web.middleware
async def failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what a handler raises into its JSON answer."""
    try:
        return await handler(request)
    except ApiError as error:
        return refusal(error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return refusal(_from_http(request, error))
    except WorkflowError as error:
        return refusal(invalid_workflow(error.problems))
    except StorageFullError:
        return refusal(
            ApiError(507, "storage_full", "the disk is full: nothing new can be stored now")
        )
    except AskError as error:
        return refusal(_unanswered(error))
    except InputError as error:
        return refusal(ApiError(422, "invalid", str(error)))
    except (web.RequestPayloadError, HttpProcessingError):
        # A body in pieces that are none, a form whose parts have no usable headers.
        message = "the body cannot be read as it is sent"
        return refusal(ApiError(400, "bad_request", message, headers={"Connection": "close"}))
    except asyncio.CancelledError:
        raise
    except ConnectionError:
        raise  # the client went away: there is nobody to answer
    except Exception as error:
        number = secrets.token_hex(6)
        log.error("%s %s failed (%s)", request.method, request.path, number, exc_info=error)
        return refusal(
            ApiError(500, "internal", f"the server failed; its log has the cause under {number}")
        )


def refusal(error: ApiError) -> web.Response:
    """The answer of a refusal."""
    return web.Response(
        body=json.dumps(error.body(), ensure_ascii=False).encode("utf-8", "replace"),
        status=error.status,
        headers=error.headers,
        content_type="application/json",
    )


def _from_http(request: web.Request, error: web.HTTPException) -> ApiError:
    status = error.status
    code = CODES.get(status, HTTPStatus(status).phrase.lower().replace(" ", "_"))
    headers = {}
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        message = f"{request.method} is not allowed here; expected {allowed}"
        headers = {"Allow": allowed}
    elif status == 404:
        message = f"there is nothing at {request.path}"
    elif status == 413:
        message = "the request is too large"
    else:
        message = error.reason or HTTPStatus(status).phrase
    return ApiError(status, code, message, headers=headers)


def _unanswered(error: AskError) -> ApiError:
    if error.problems:
        return invalid_workflow(Problem(**one) for one in error.problems)
    return ApiError(503, "unanswered", str(error), headers={"Retry-After": "2"})


def invalid_workflow(problems: Iterable[Problem]) -> ApiError:
    """422: a workflow that cannot run, and everything that is wrong with it."""
    problems = tuple(problems)
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return ApiError(422, "invalid_workflow", f"the workflow has {count}", problems)


def invalid(error: ValidationError, where: str) -> ApiError:
    """422: a request whose body or query does not fit its model."""
    problems = [_problem(one) for one in error.errors(include_url=False)]
    first = str(problems[0]) if problems else "it does not fit"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return ApiError(422, "invalid", f"the {where} is wrong: {first}{more}", problems[:100])


def _problem(one: Mapping[str, Any]) -> Problem:
    path = ".".join(map(str, one["loc"]))
    if one["type"] == "extra_forbidden":
        return Problem(path, "unknown field")
    if one["type"] == "missing":
        return Problem(path, "is missing")
    message = one["msg"].removeprefix("Value error, ")
    expected = message.removeprefix("Input should be ").strip()
    if expected != message:
        return Problem(path, "wrong value", expected=expected, got=_short(one.get("input")))
    return Problem(path, message, got=_short(one.get("input")))


def _short(value: object) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else text[:59] + "…"
