"""Writing, ending and dismissing banners; of two editors at once, the second is told."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from vre_portal.audit import record
from vre_portal.banners import present
from vre_portal.banners.models import Banner, Dismissal
from vre_portal.iam.models import User
from vre_portal.moment_field import same_minute

WORDS = ("text", "link", "link_text", "severity")  # a change of these is a new edition


class ChangedMeanwhile(Exception):
    """Somebody else saved the banner since this editor opened it; `banner` is how it is now."""

    def __init__(self, banner: Banner) -> None:
        super().__init__(str(banner.pk))
        self.banner = banner


@dataclass(frozen=True)
class BannerValues:
    """All that staff write."""

    text: str
    severity: str
    audience: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    group: str = ""
    link: str = ""
    link_text: str = ""


def create(*, by: User, key: uuid.UUID, values: BannerValues) -> Banner:
    """A new banner; the same form sent again gives the one that it made."""
    with transaction.atomic():
        facts = {**values.__dict__, "starts_at": values.starts_at or timezone.now(), "created_by": by, "changed_by": by}
        banner, is_new = Banner.objects.get_or_create(key=key, defaults=facts)
        if is_new:
            _record("banner.create", by, banner)
    return banner


def change(*, by: User, banner: Banner, seen: int, values: BannerValues) -> bool:
    """Change the banner whose version the editor saw; False where it says that already. Raises ChangedMeanwhile."""
    with transaction.atomic():
        present_row = Banner.objects.select_for_update(of=("self",)).get(pk=banner.pk)
        typed = values.starts_at
        is_left = typed is None or same_minute(typed, present_row.starts_at)
        facts = {**values.__dict__, "starts_at": present_row.starts_at if is_left else typed}
        if all(getattr(present_row, name) == value for name, value in facts.items()):
            return False
        if present_row.version != seen:
            raise ChangedMeanwhile(present_row)
        is_new_edition = any(getattr(present_row, name) != facts[name] for name in WORDS)
        for name, value in facts.items():
            setattr(present_row, name, value)
        present_row.version += 1
        present_row.edition += is_new_edition
        present_row.changed_by, present_row.changed_at = by, timezone.now()
        present_row.save()
        _record("banner.edit", by, present_row)
    return True


def end(*, by: User, pk: int) -> bool:
    """Show the banner no longer; a planned one is never shown. False where it has ended."""
    with transaction.atomic():
        banner = Banner.objects.unended().select_for_update(of=("self",)).filter(pk=pk).first()
        if banner is None:
            return False
        now = timezone.now()
        banner.starts_at, banner.ends_at = min(banner.starts_at, now), now
        banner.version += 1
        banner.changed_by, banner.changed_at = by, now
        banner.save(update_fields=["starts_at", "ends_at", "version", "changed_by", "changed_at"])
        _record("banner.end", by, banner)
    return True


def dismiss(*, by: User, banner: Banner, edition: int) -> None:
    """Hide this edition of the banner from the person, in every browser."""
    Dismissal.objects.update_or_create(user=by, banner=banner, defaults={"edition": edition, "at": timezone.now()})
    present.forget_dismissed(by)


def _record(action: str, by: User, banner: Banner) -> None:
    record(
        action,
        by=by,
        subject=f"banner/{banner.pk}",
        text=banner.text,
        severity=banner.severity,
        audience=banner.group if banner.audience == Banner.Audience.GROUP else banner.audience,
        starts_at=banner.starts_at.isoformat(),
        ends_at=banner.ends_at.isoformat() if banner.ends_at else "",
        version=banner.version,
    )
