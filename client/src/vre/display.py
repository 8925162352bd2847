"""Text from elsewhere, safe to show on a terminal and in a notebook."""

from html import escape
from urllib.parse import urlsplit


def visible(text: str, limit: int = 200) -> str:
    """The text with what cannot be seen spelt out, so that it steers no terminal; cut where it is long."""
    shown = "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text[:limit])
    return shown + "…" if len(text) > limit else shown


def html_text(text: str) -> str:
    """The same as HTML."""
    return escape(visible(text))


def html_link(text: str, url: str | None) -> str:
    """A link where the address is one of the web, else the text alone."""
    try:
        is_web = urlsplit(url or "").scheme in ("http", "https")
    except ValueError:
        is_web = False
    if not url or not is_web:
        return html_text(text)
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{html_text(text)}</a>'


def size_text(number: int | None) -> str:
    """A number of bytes with its unit, as the portal shows it; a dash where it is unknown."""
    if number is None:
        return "—"
    value, units = float(number), ["B", "kB", "MB", "GB", "TB", "PB"]
    while value >= 999.5 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.0f} {units[0]}" if units[0] == "B" or value >= 99.95 else f"{value:.1f} {units[0]}"
