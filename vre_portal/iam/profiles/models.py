"""What a person chooses to show, and to whom."""

import hashlib
import json
import uuid
from collections import Counter
from typing import Any, ClassVar, Self, override

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vre_portal.folding import fold
from vre_portal.iam.models import User
from vre_portal.iam.profiles.search_words import search_words

MAX_COUNTED, MAX_COMMON = 2_000, 12
FIELDS = ("audience", "orcid", "institute", "expertise", "languages", "offers", "asks")


class ProfileQuerySet(models.QuerySet["Profile"]):
    """Profiles as somebody may see them."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those that everybody may see; for people who signed in also those that are for them, and their own."""
        shown = models.Q(audience=Profile.Audience.PUBLIC)
        if isinstance(user, User) and user.is_active:
            shown |= models.Q(audience=Profile.Audience.SIGNED_IN)
        return self.filter(shown, user__is_active=True)

    def matching(self, query: str) -> Self:
        """Those that hold all words of the query, in their text or name; case and accents do not count."""
        matching, wanted = self, search_words(query)
        # Names come with each sign-in and are stored as they are; the directory is short enough to fold them all.
        names = {pk: fold(name) for pk, name in self.values_list("pk", "user__name")} if wanted else {}
        for word in wanted:
            called = [pk for pk, name in names.items() if word in name]
            matching = matching.filter(models.Q(search_text__contains=word) | models.Q(pk__in=called))
        return matching

    def common(self, name: str) -> list[str]:
        """What most of these people wrote into a list of theirs, the most frequent first."""
        counts: Counter[str] = Counter()
        spelt: dict[str, str] = {}
        for values in self.values_list(name, flat=True)[:MAX_COUNTED]:
            folded = {fold(value): value for value in values}
            counts.update(folded.keys())
            spelt = folded | spelt
        return [spelt[key] for key, _count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MAX_COMMON]]

    def page(self, *, after: str, size: int) -> list["Profile"]:
        """At most `size` profiles by name, those that follow the one with this key."""
        rows = self.select_related("user").order_by("user__name", "key")
        last = Profile.objects.select_related("user").filter(key=after).first() if is_key(after) else None
        if last is not None:
            name = last.user.name
            rows = rows.filter(models.Q(user__name__gt=name) | models.Q(user__name=name, key__gt=last.key))
        return list(rows[:size])


def is_key(text: str) -> bool:
    """Whether the text is the key of a profile by its form."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


class Profile(models.Model):
    """One person's profile; without one, or with the audience `nobody`, they are in no directory."""

    class Audience(models.TextChoices):
        NOBODY = "nobody", _("nobody: I am not in the directory")
        SIGNED_IN = "signed-in", _("people who are signed in")
        PUBLIC = "public", _("everybody, also search engines")

    user = models.OneToOneField(User, models.CASCADE, related_name="profile")
    # Its own, and not the person's handle, under which the audit log knows them.
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    audience = models.CharField(_("audience"), max_length=10, choices=Audience, default=Audience.NOBODY)
    orcid = models.CharField(_("ORCID iD"), max_length=19, blank=True)
    institute = models.CharField(_("institute"), max_length=200, blank=True)
    expertise = models.JSONField(_("expertise"), default=list, blank=True)
    languages = models.JSONField(_("languages"), default=list, blank=True)
    offers = models.TextField(_("offers"), blank=True)
    asks = models.TextField(_("asks"), blank=True)
    search_text = models.TextField(editable=False, blank=True)
    changed_at = models.DateTimeField(_("modified"), default=timezone.now)

    objects: ClassVar[ProfileQuerySet] = ProfileQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")

    @override
    def __str__(self) -> str:
        return f"profile of {self.user_id}"

    @override
    def save(self, *args: Any, **options: Any) -> None:
        """Keep the text that is searched up to date."""
        parts = (self.institute, *self.expertise, *self.languages, self.offers, self.asks)
        self.search_text = fold("\n".join(map(str, parts)))
        super().save(*args, **options)

    def get_absolute_url(self) -> str:
        return reverse("profiles:person", args=[self.key])

    @property
    def is_shown(self) -> bool:
        return self.audience != self.Audience.NOBODY

    @property
    def shown_orcid(self) -> str:
        """The iD that the IAM has verified, else the one that the person typed."""
        return self.user.orcid or self.orcid

    @property
    def version(self) -> str:
        """Changes when any of the fields does."""
        return hashlib.sha256(json.dumps([getattr(self, name) for name in FIELDS]).encode()).hexdigest()[:24]
