"""Signing in and out in a browser: GET and POST /signin, POST /signout.

A link `/?token=...` signs in as well; the gate answers it before any handler.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from aiohttp import web

from weft_web.errors import ApiError
from weft_web.security.bodies import read_bounded
from weft_web.security.gate import Secret
from weft_web.security.pages import sign_in_page
from weft_web.settings import Settings

MAX_FORM = 4096  # bytes


def signin_routes(settings: Settings) -> list[web.RouteDef]:
    """The routes. /signin is public; /signout is not, so no other site can sign anybody out."""
    if settings.token is None:
        raise ValueError("a server needs a token: call Settings.checked() first")
    secret = Secret(settings.token)

    async def ask(request: web.Request) -> web.Response:
        return sign_in_page(200)

    async def sign_in(request: web.Request) -> web.Response:
        token = await _token(request)
        if not secret.is_token(token):
            return sign_in_page(401, "That is not this server's token.")
        response = web.Response(status=303, headers={"Location": "/"})
        secret.set_cookie(request, response)
        return response

    async def sign_out(request: web.Request) -> web.Response:
        # Forgets the browser's cookie; whoever has the token can sign in again.
        response = web.Response(status=303, headers={"Location": "/signin"})
        secret.del_cookie(response)
        return response

    return [
        web.get("/signin", ask),
        web.post("/signin", sign_in),
        web.post("/signout", sign_out),
    ]


async def _token(request: web.Request) -> str:
    if request.content_type != "application/x-www-form-urlencoded":
        raise ApiError(
            415, "unsupported_media_type",
            f"expected a form (application/x-www-form-urlencoded), got {request.content_type}",
        )  # fmt: skip
    raw = await read_bounded(request, MAX_FORM)
    try:
        fields = parse_qs(raw.decode("utf-8"), strict_parsing=True, max_num_fields=4)
    except ValueError as error:  # also what is not UTF-8
        raise ApiError(400, "bad_request", "the form cannot be read") from error
    given = fields.get("token", [])
    return given[0].strip() if len(given) == 1 else ""
