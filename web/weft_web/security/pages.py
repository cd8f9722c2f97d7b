"""The few pages that the server itself makes. Plain HTML: no script, nothing loaded, one style."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape

from aiohttp import web

# The colours and distances are those of the editor.
STYLE = """
:root {
  color-scheme: dark light;
  --canvas: #14161a; --surface: #1e2127; --field: #272b33; --border: #717b8c;
  --text: #e8eaee; --quiet: #b0b7c3; --accent: #5aa7ff; --on-accent: #0d1117; --error: #ff7b7b;
}
@media (prefers-color-scheme: light) {
  :root {
    --canvas: #f3f4f7; --surface: #ffffff; --field: #f0f2f5; --border: #7a8494;
    --text: #1a1d23; --quiet: #4d5562; --accent: #0b63ce; --on-accent: #ffffff; --error: #c62828;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; padding: 16px; display: grid; place-items: center;
  background: var(--canvas); color: var(--text); font: 14px/1.4 system-ui, sans-serif;
}
main {
  width: 100%; max-width: 440px; padding: 32px;
  background: var(--surface); border-radius: 12px;
}
h1 { margin: 0 0 16px; font-size: 20px; font-weight: 600; }
p { margin: 0 0 16px; color: var(--quiet); }
main > :last-child, form > :last-child { margin-bottom: 0; }
strong { color: var(--error); font-weight: 600; }
code, pre { font: 13px/1.4 ui-monospace, monospace; color: var(--text); }
pre {
  margin: 0 0 16px; padding: 12px; overflow-x: auto;
  background: var(--field); border-radius: 4px;
}
label { display: block; }
input {
  width: 100%; height: 36px; padding: 0 12px; border: 1px solid var(--border); border-radius: 4px;
  background: var(--field); color: var(--text); font: inherit;
}
button {
  height: 36px; padding: 0 16px; border: 0; border-radius: 4px; cursor: pointer;
  background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600;
}
a { color: var(--accent); }
a:focus-visible, button:focus-visible, input:focus-visible {
  outline: 2px solid var(--accent); outline-offset: 2px;
}
"""
_DIGEST = b64encode(sha256(STYLE.encode()).digest()).decode()
PAGE_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
{head}<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""
_FORM = """{message}<form method="post" action="/signin">
<p><label for="token">The token that <code>weft serve</code> printed, which also stands in the
file <code>token</code> of its data folder:</label></p>
<p><input id="token" name="token" type="password" autocomplete="current-password" required
autofocus></p>
<p><button>Sign in</button></p>
</form>"""
_UNBUILT = """<p>The server is running, but its editor has not been built. Building it needs
Node.js 20.19 or newer. In a clone of the repository:</p>
<pre>cd web/editor
npm ci
npm run build</pre>
<p>or <code>pip install .</code>, which does the same. Then load this page again.</p>
<p>Programs need no editor: <a href="/api/openapi.json">the OpenAPI document</a> describes all that
the server does.</p>"""


def sign_in_page(status: int, message: str = "") -> web.Response:
    """The form that asks for the token."""
    said = f'<p role="alert"><strong>{escape(message)}</strong></p>\n' if message else ""
    page = _page(status, "Sign in to Weft", _FORM.format(message=said))
    # With no referrer at all a browser sends a form with `Origin: null`, which the gate refuses
    # where no Sec-Fetch-Site says more, as over plain HTTP to another machine.
    page.headers["Referrer-Policy"] = "same-origin"
    return page


def continue_page() -> web.Response:
    """Says that a browser is signed in, and goes on by itself."""
    return _page(
        200,
        "Weft",
        '<p>You are signed in. <a href="/">Go on to Weft</a></p>',
        head='<meta http-equiv="refresh" content="0; url=/">\n',
    )


def unbuilt_page() -> web.Response:
    """Says that the server runs, but has no editor, and how to build it."""
    return _page(200, "Weft is running", _UNBUILT)


def _page(status: int, title: str, body: str, head: str = "") -> web.Response:
    return web.Response(
        status=status,
        text=_PAGE.format(head=head, title=title, style=STYLE, body=body),
        content_type="text/html",
        charset="utf-8",
        headers={"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store"},
    )
