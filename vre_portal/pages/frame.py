"""What stands on every page, such as announcements: a part of the version of each public page, and of what tells its variants apart."""

from collections.abc import Callable

from django.http import HttpRequest

Variant = Callable[[HttpRequest], str]
_topics: list[bytes] = []
_variants: list[Variant] = []


def show_on_every_page(topic: str, variant: Variant) -> None:
    """All public pages show this topic, too; `variant` says what of it a visitor sees differently by a cookie, and is "" for most."""
    if topic.encode() not in _topics:
        _topics.append(topic.encode())
        _variants.append(variant)


def topics() -> tuple[bytes, ...]:
    """The topics of every page."""
    return tuple(_topics)


def variant_of(request: HttpRequest) -> str:
    """What the cookies of a visitor change in the frame of pages."""
    return " ".join(variant(request) for variant in _variants)
