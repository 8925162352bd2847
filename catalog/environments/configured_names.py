"""What an entry of services.toml is called: its name in addresses."""

from collections.abc import Mapping
from typing import Any

from django.utils.text import slugify

from vre_portal.container_images.names import parsed

LONGEST_SLUG = 70


def title_of(image: str) -> str:
    """A name for people, where the entry gives none: the repository and the tag."""
    name = parsed(image)
    title = name.repository.removeprefix("library/") if name else image
    return f"{title} {name.reference}"[:120] if name and not name.is_digest else title[:120]


def slug_of(entry: Any) -> str:
    """The name in addresses; empty where the entry has none."""
    facts = entry if isinstance(entry, Mapping) else {"image": entry}
    name = facts.get("name") or facts.get("title") or title_of(str(facts.get("image") or ""))
    return slugify(str(name).replace("/", "-").replace(".", "-").replace(":", "-"))[:LONGEST_SLUG].strip("-_")
