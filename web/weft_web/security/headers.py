"""The headers that every answer carries, whatever made it: a page, a file, a refusal, a stream."""

from __future__ import annotations

from aiohttp import web

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
# What people made or uploaded: shown or saved, but never a page that can do anything.
CONTENT_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Server": "weft",
}
# A handler may say otherwise: content gets the stricter policy, what never changes is kept.
UNLESS_SET = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Set the headers; for `app.on_response_prepare`, so that no answer goes without them."""
    response.headers.update(ALWAYS)
    for name, value in UNLESS_SET.items():
        response.headers.setdefault(name, value)


def protect(app: web.Application) -> None:
    """Give every answer of an application the headers."""
    app.on_response_prepare.append(add_headers)
