"""Signing in and the first load: small, in few requests, and within the page's policy."""

from __future__ import annotations

from collections import Counter
from typing import Any

from playwright.sync_api import Page, expect

from editor.browser import Visitor, axe, ready

MOST_BYTES = 300_000  # as they come over the wire, compressed, with their headers
MOST_REQUESTS = 30


def test_the_first_load_is_small(visitor: Visitor) -> None:
    page = visitor.context().new_page()
    session = page.context.new_cdp_session(page)
    sent: list[str] = []
    bytes_of: dict[str, float] = {}
    urls: dict[str, str] = {}

    def request(event: dict[str, Any]) -> None:
        sent.append(event["request"]["url"])
        urls[event["requestId"]] = event["request"]["url"]

    def loaded(event: dict[str, Any]) -> None:
        bytes_of[event["requestId"]] = event["encodedDataLength"]

    session.on("Network.requestWillBeSent", request)
    session.on("Network.loadingFinished", loaded)
    session.send("Network.enable")
    page.goto(f"{visitor.server.url}/?token={visitor.server.token}")
    ready(page)
    page.wait_for_load_state("networkidle")
    table = {urls[id].removeprefix(visitor.server.url): size for id, size in bytes_of.items()}
    total = sum(bytes_of.values())
    print(f"\nfirst load: {total:,.0f} bytes in {len(sent)} requests: {table}")
    assert total <= MOST_BYTES, table
    assert len(sent) <= MOST_REQUESTS, sent
    assert all(one.startswith(visitor.server.url) for one in sent)
    twice = {url: count for url, count in Counter(sent).items() if count > 1}
    assert not {url for url in twice if "/assets/" in url}, twice


def test_a_second_load_fetches_no_asset_again(visitor: Visitor) -> None:
    page = visitor.open()
    ready(page)
    fetched: list[str] = []
    page.on("response", lambda one: None if one.from_service_worker else fetched.append(one.url))
    timings = """() => performance.getEntriesByType("resource")
        .filter((one) => one.name.includes("/assets/") && one.transferSize > 0)
        .map((one) => one.name)"""
    page.reload()
    ready(page)
    assert page.evaluate(timings) == []


def test_without_the_token_there_is_a_page_to_sign_in(visitor: Visitor) -> None:
    visitor.expect(r"status of 401")
    page = visitor.context().new_page()
    page.goto(f"{visitor.server.url}/")
    assert axe(page) == []
    page.get_by_label("The token that").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not this server's token")
    assert axe(page) == []
    page.get_by_label("The token that").fill(visitor.server.token)
    page.get_by_role("button", name="Sign in").click()
    ready(page)


def test_the_editor_is_shown(page: Page) -> None:
    expect(page).to_have_title("Weft")
    assert page.evaluate("document.cookie") == ""  # out of reach of scripts
