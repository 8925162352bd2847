"""Template tags and filters of the portal: times, sizes, states, icons and text that came from elsewhere."""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.dates import MONTHS_3, WEEKDAYS_ABBR
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from vre_portal import pages, states, text
from vre_portal.folding import fold
from vre_portal.portable_gettext import grouped

register = template.Library()
LONG_TEXT, LONG_LINES = 300, 6  # characters and lines of a text that a page only names
DIGITS = 40  # of a size; what claims to be larger is none


def unknown() -> SafeString:
    """The dash for a value that is not known."""
    return format_html('<span class="faint" title="{}">\u2014</span>', gettext("Unknown"))


@register.simple_tag
@lru_cache(maxsize=1000, typed=True)  # a page has dozens, and always the same
def icon(name: str, alt: str = "", css: str = "") -> SafeString:
    """An icon of the sprite; with alt it is an image, without it is decoration."""
    role = format_html('role="img" aria-label="{}"', alt) if alt else SafeString('aria-hidden="true"')
    return format_html('<svg class="icon {}" width="18" height="18" {}><use href="{}#{}"/></svg>', css, role, static("img/icons.svg"), name)


@register.simple_tag
def state_pill(state: object, label: object = "") -> SafeString:
    """A state as word, icon and colour; `label` replaces the label of the state."""
    word = str(state or "unknown")
    tone, name = states.look(word)
    return format_html(
        '<span class="pill" data-tone="{}" data-state="{}">{}{}</span>',
        tone,
        word.lower(),
        icon(name),
        text.plain(label or states.label(word)),
    )


@register.simple_tag
def state_label(state: object) -> str:
    """What a page shows for a state, for a drawing."""
    return text.plain(states.label(str(state or "unknown")))


@register.simple_tag
def state_tone(state: object) -> str:
    """The tone of a state, for data-tone; neutral where there is no state."""
    return states.look(str(state))[0] if state else states.IDLE


@register.simple_tag
def state_icon(state: object) -> str:
    """The icon of a state, for a drawing."""
    return states.look(str(state or "unknown"))[1]


@register.filter
def when(value: object) -> SafeString:
    """How long ago a time is, or how far ahead; exact and with its zone on hover."""
    moment = text.moment(value)
    if moment is None:
        return unknown()
    now = timezone.now()
    pages.expires_in(text.distance_lasts(moment, now))
    local = timezone.localtime(moment)
    return format_html(
        '<time class="nowrap" datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        f"{WEEKDAYS_ABBR[local.weekday()]} {local.day} {str(MONTHS_3[local.month]).title()} {local:%Y, %H:%M:%S} {local.tzname()}",
        text.distance(moment, now),
    )


@register.filter(name="bytes")
def size(value: object) -> SafeString:
    """A size with its unit, exact on hover."""
    try:
        count = Decimal(str(value))  # a float rounds what is larger than 2**53
    except (InvalidOperation, ValueError):  # Python itself writes no integer of thousands of digits
        return unknown()
    if not count.is_finite() or count.adjusted() > DIGITS:
        return unknown()
    exact = ngettext("%(count)s byte", "%(count)s bytes", int(count)) % {"count": grouped(int(count))}
    return format_html('<span class="num" title="{}">{}</span>', exact, text.size(float(count)))


@register.filter
def number(value: object) -> str | SafeString:
    """A whole number with its thousands apart."""
    try:
        return grouped(int(str(value)))
    except ValueError:
        return unknown()


@register.filter
def duration(value: object) -> str | SafeString:
    """A length of time, from seconds or a timedelta."""
    return text.lasting(value) or unknown()


@register.filter
def untrusted(value: object) -> SafeString:
    """Text from elsewhere: escaped, its direction isolated, hidden controls shown."""
    return format_html("<bdi>{}</bdi>", text.plain(value))


@register.filter
def long_start(value: object) -> str:
    """The beginning of a text that is too long for a page that only names it; empty where all of it fits."""
    whole = str(value)
    start = "\n".join(whole[:LONG_TEXT].split("\n")[:LONG_LINES])
    return "" if len(start) == len(whole) else f"{start}…"


@register.filter
def at_point(value: object) -> SafeString:
    """A number with a class for how many characters stand before its point or exponent, by which those below each other line up."""
    shown = text.plain(value)
    return format_html('<bdi class="before-point-{}">{}</bdi>', len(re.split(r"[.eE ]", shown, maxsplit=1)[0]), shown)


@register.filter
def visible(value: object) -> str:
    """The same for a place that takes no element, such as a page's title."""
    return text.plain(value)


@register.filter
def numbered_lines(value: object, prefix: str) -> SafeString:
    """The text with each of its lines a place that a link leads to: #yaml-12."""
    return format_html_join("", '<span id="{}-{}">{}\n</span>', ((prefix, number, line) for number, line in _lines(value)))


@register.filter
def linked_lines(value: object) -> SafeString:
    """The text with each of its lines a place that a link leads to, and a number that is this link: #L12."""
    line = '<span id="L{0}"><a href="#L{0}" tabindex="-1" aria-hidden="true"></a>{1}\n</span>'
    return format_html_join("", line, _lines(value))


def _lines(value: object) -> Iterable[tuple[int, str]]:
    """The lines with their numbers; some end as programs of Windows end them."""
    return enumerate(text.plain(str(value).replace("\r\n", "\n")).splitlines(), start=1)


@register.filter
def short_id(value: object, length: int = 8) -> SafeString:
    """The beginning of a long identifier, whole on hover."""
    whole = text.plain(value)
    shown = whole if len(whole) <= length + 1 else whole[:length] + "\u2026"
    return format_html('<bdi class="mono" title="{}">{}</bdi>', whole, shown)


@register.filter
def theme_hue(theme: object) -> int:
    """Which of the six hues belongs to a project's theme: its place in SCIENCE_THEMES; 0, a neutral one, for a theme that is not listed."""
    themes = [fold(name) for name in settings.SCIENCE_THEMES[:6]]
    name = fold(str(theme).strip())
    return themes.index(name) + 1 if name in themes else 0


@register.filter
def initials(value: object) -> str:
    """Two letters for a person's mark."""
    words = [word for word in text.plain(value).split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"
