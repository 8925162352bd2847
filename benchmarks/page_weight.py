"""What a first visit of a page sends over the wire, by a browser with an empty cache where there is one, else by the page's own words."""

import re
from typing import Any
from urllib.parse import urljoin

import requests

from tests import stack

LINKED = re.compile(r"""(?:href|src)="([^"#]+\.(?:css|js|woff2|svg|png|ico)(?:\?[^"]*)?)""")


def measured(url: str) -> dict[str, Any]:
    """Bytes as sent (compressed, with headers), how many requests, each address with its bytes, and how it was found."""
    if stack.chromium():
        return by_browser(url)
    return by_words(url)


def by_browser(url: str) -> dict[str, Any]:
    """What Chromium received until nothing more came."""
    from playwright.sync_api import sync_playwright

    names: dict[str, str] = {}
    sizes: dict[str, int] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=stack.chromium(), args=list(stack.CHROMIUM_FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        told = page.context.new_cdp_session(page)
        told.send("Network.enable")
        told.on("Network.requestWillBeSent", lambda event: names.update({event["requestId"]: event["request"]["url"]}))
        told.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: int(event["encodedDataLength"])}))
        page.goto(url, wait_until="networkidle")
        browser.close()
    parts = {names.get(key, key): size for key, size in sizes.items() if not names.get(key, "").startswith("data:")}
    return {"bytes": sum(parts.values()), "requests": len(parts), "parts": parts, "how": "Chromium, empty cache"}


def by_words(url: str) -> dict[str, Any]:
    """The page and what it links to; what style sheets ask for is not in it."""
    page = requests.get(url, timeout=30)
    parts = {url: int(page.headers.get("Content-Length") or len(page.content))}
    for found in LINKED.findall(page.text):
        reply = requests.get(urljoin(url, found), timeout=30)
        parts[reply.url] = int(reply.headers.get("Content-Length") or len(reply.content))
    return {"bytes": sum(parts.values()), "requests": len(parts), "parts": parts, "how": "what the page links to"}
