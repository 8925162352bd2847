"""What the stack's pages to read mail and webhooks share: nothing on them runs, and no page elsewhere controls them."""

from html import escape

# A page elsewhere cannot send this header without asking first, and is not answered.
CONTROL = "X-Stack-Test"
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def html_page(title: str, body: str) -> str:
    """A page with this body, which is HTML already."""
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
    return f'<!doctype html><html lang="en"><head>{head}<title>{escape(title)}</title></head><body>{body}</body></html>'
