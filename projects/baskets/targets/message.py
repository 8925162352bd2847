"""A message to a colleague: the items with their addresses, and a link to the basket where one was made."""

from collections.abc import Iterator
from urllib.parse import quote

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from projects.baskets.targets.collected import Collected
from projects.baskets.targets.writing import Part, Target, Written
from vre_portal.citation_formats.reference import one_line

MAX_MAIL = 2_000  # characters of an address, as browsers and mail programs take it
MAX_LISTED = 100  # items


def write(collected: Collected, link: str = "") -> Written:
    """The message as text, and as an address that opens it in a mail program, shorter where that has to be."""
    text = "".join(lines(collected, MAX_LISTED, link))
    part = Part("text", _("Message"), text, f"{collected.file_stem}.txt", "text/plain")
    return Written([part], mail=mail(collected, link))


def lines(collected: Collected, most: int, link: str) -> Iterator[str]:
    """The message with so many of the items."""
    numbers = {"n": len(collected.items), "name": one_line(collected.name)}
    yield ngettext(
        "%(n)s item of the basket “%(name)s”:", "%(n)s items of the basket “%(name)s”:", len(collected.items)
    ) % numbers + "\n\n"  # fmt: skip
    for item in collected.items[:most]:
        yield f"- {one_line(item.title)}\n  {item.url}\n"
    if left := len(collected.items) - most if len(collected.items) > most else 0:
        yield ngettext("… and %(n)s more.", "… and %(n)s more.", left) % {"n": left} + "\n"
    if link:
        yield "\n" + _("Open the basket: %(link)s") % {"link": link} + "\n"


def mail(collected: Collected, link: str) -> str:
    """An address of at most MAX_MAIL characters, with as many items as it has room for; empty where not even the link has."""
    subject = quote(one_line(collected.name)[:100], safe="")
    for most in range(min(len(collected.items), MAX_LISTED), -1, -1):
        body = quote("".join(lines(collected, most, link)).replace("\n", "\r\n"), safe="")
        address = f"mailto:?subject={subject}&body={body}"
        if len(address) <= MAX_MAIL:
            return address
    return ""


TARGET = Target("message", gettext_lazy("Message"), gettext_lazy("Items and their addresses, to send to a colleague"), "mail", write)
