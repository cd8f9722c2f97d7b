"""The few pages that need no sign-in. Plain HTML: no script, no style, nothing loaded."""

from __future__ import annotations

from html import escape

from aiohttp import web

PAGE_POLICY = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
{head}<title>Weft</title>
</head>
<body>
<main>
<h1>Weft</h1>
{body}
</main>
</body>
</html>
"""
_FORM = """{message}<form method="post" action="/signin">
<p><label for="token">The token that <code>weft serve</code> printed, which also stands in the
file <code>token</code> of its data folder:</label></p>
<p><input id="token" name="token" type="password" size="50" autocomplete="current-password"
required autofocus> <button>Sign in</button></p>
</form>"""


def sign_in_page(status: int, message: str = "") -> web.Response:
    """The form that asks for the token."""
    said = f'<p role="alert"><strong>{escape(message)}</strong></p>\n' if message else ""
    page = _page(status, _FORM.format(message=said))
    # With no referrer at all a browser sends a form with `Origin: null`, which the gate refuses
    # where no Sec-Fetch-Site says more, as over plain HTTP to another machine.
    page.headers["Referrer-Policy"] = "same-origin"
    return page


def continue_page() -> web.Response:
    """Says that a browser is signed in, and goes on by itself."""
    return _page(
        200,
        '<p>You are signed in. <a href="/">Go on to Weft</a></p>',
        head='<meta http-equiv="refresh" content="0; url=/">\n',
    )


def _page(status: int, body: str, head: str = "") -> web.Response:
    return web.Response(
        status=status,
        text=_PAGE.format(head=head, body=body),
        content_type="text/html",
        charset="utf-8",
        headers={"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store"},
    )
