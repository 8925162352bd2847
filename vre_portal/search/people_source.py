"""People who chose to be shown as a source of the search."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vre_portal.iam.models import User
from vre_portal.iam.profiles.models import Profile
from vre_portal.search import audiences
from vre_portal.search.audiences import PUBLIC, Reader
from vre_portal.search.sources import SearchItem, TypeLabel, WatchedTable
from vre_portal.text import named_values

SIGNED_IN = audiences.condition("signed-in", "yes")


def signed_in(user: Reader, values: Collection[str]) -> Collection[str]:
    """For `audiences`: whether somebody is signed in."""
    return values if isinstance(user, User) and user.is_active else ()


class PeopleSource:
    """Profiles, for those whom their people chose."""

    kind = "person"
    types: ClassVar[Mapping[str, TypeLabel]] = {"person": TypeLabel(gettext_lazy("People"), "users", gettext_lazy("Person"))}
    tables: ClassVar[Sequence[WatchedTable]] = (
        WatchedTable(Profile, "person"),
        WatchedTable(User, "account", columns=("name", "preferred_username", "orcid", "is_active")),
    )

    def keys(self) -> Iterator[str]:
        """All that are shown to anybody."""
        return map(str, _shown().values_list("pk", flat=True).iterator())

    def documents(self, keys: Sequence[str]) -> Iterator[SearchItem]:
        """Those of them that there are."""
        for profile in _shown().filter(pk__in=keys).select_related("user"):
            yield SearchItem(
                str(profile.pk),
                self.kind,
                str(profile.user),
                profile.get_absolute_url(),
                PUBLIC if profile.audience == Profile.Audience.PUBLIC else SIGNED_IN,
                subtitle=profile.institute,
                text=text_of(profile),
                words=" ".join(profile.languages),
                identifiers=[profile.shown_orcid] if profile.shown_orcid else [],
                depends=[f"account:{profile.user_id}"],
                changed=profile.changed_at,
                boost=1.2,
                is_top=True,
            )


def text_of(profile: Profile) -> str:
    """What a person knows, offers and looks for, each told apart: who looks for help with a tool is not who gives it."""
    return named_values({_("Expertise"): profile.expertise, _("Can help with"): profile.offers, _("Looking for"): profile.asks})


def _shown() -> models.QuerySet[Profile]:
    return Profile.objects.filter(user__is_active=True).exclude(audience=Profile.Audience.NOBODY)
