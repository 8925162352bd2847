"""Reading and saving the texts; of two people who edit at once, the second is told."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.safestring import SafeString

from vre_portal import markdown, rich_text
from vre_portal.audit import record
from vre_portal.iam.models import User
from vre_portal.site_texts.blocks import BLOCKS, TextBlock
from vre_portal.site_texts.models import TextVersion


class ChangedMeanwhile(Exception):
    """Somebody else saved the text since this editor opened it; `text` is what it says now."""

    def __init__(self, text: "SiteText") -> None:
        super().__init__(text.block.name)
        self.text = text


@dataclass(frozen=True)
class SiteText:
    """What a text says now; without `version` it was never edited."""

    block: TextBlock
    text: str
    version: TextVersion | None = None

    @property
    def number(self) -> int:
        """The number of its version; 0 before the first edit."""
        return self.version.number if self.version else 0

    @property
    def html(self) -> SafeString:
        """The Markdown through the sanitiser."""
        return markdown.render(self.text, level=3)

    @property
    def excerpt(self) -> str:
        """Its first words, without marks."""
        return rich_text.excerpt(self.text)

    def __str__(self) -> str:
        return self.text


def present_texts(*, with_people: bool = False) -> dict[str, SiteText]:
    """All texts by their names, in one query; `with_people` for a page that says who saved them."""
    versions = TextVersion.objects.latest_of_each()
    saved = {version.name: version for version in (versions.select_related("saved_by") if with_people else versions)}
    return {name: _text(block, saved.get(name)) for name, block in BLOCKS.items()}


def present_text(block: TextBlock) -> SiteText:
    """One text."""
    return _text(block, TextVersion.objects.filter(name=block.name).select_related("saved_by").order_by("-number").first())


def _text(block: TextBlock, version: TextVersion | None) -> SiteText:
    return SiteText(block, version.text if version else block.default(), version)


def save_text(*, by: User, block: TextBlock, seen: int, text: str, restored: int | None = None) -> bool:
    """Save a text over the version that its writer saw; False where it says that already. Raises ChangedMeanwhile."""
    present = present_text(block)
    if present.text == text:
        return False
    if present.number != seen:
        raise ChangedMeanwhile(present)
    try:
        with transaction.atomic():
            TextVersion.objects.create(name=block.name, number=seen + 1, text=text, saved_by=by, restored=restored)
            record("text.restore" if restored is not None else "text.edit", by=by, subject=f"text/{block.name}", version=seen + 1)
    except IntegrityError:  # somebody else's version of this number came first
        raise ChangedMeanwhile(present_text(block)) from None
    return True


def text_of_version(block: TextBlock, number: int) -> str | None:
    """What the text said in a version; None where there is no such version."""
    if number == 0:
        return block.default()
    return TextVersion.objects.filter(name=block.name, number=number).values_list("text", flat=True).first()
