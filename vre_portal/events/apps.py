"""Events as a Django application."""

from typing import Any, override

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """vre_portal.events."""

    name = "vre_portal.events"
    label = "events"
    verbose_name = _("Events")

    @override
    def ready(self) -> None:
        """Who signs out, is switched off, or gets other groups, is asked about at once."""
        from vre_portal.iam.models import Identity, User, UserSession

        post_delete.connect(_of_owner, sender=UserSession, dispatch_uid="events.session")
        post_save.connect(_of_owner, sender=Identity, dispatch_uid="events.groups")
        post_save.connect(_of_person, sender=User, dispatch_uid="events.person")


def _of_owner(instance: Any, **_: Any) -> None:
    from vre_portal.events.bus import recheck

    recheck(instance.user_id)


def _of_person(instance: Any, created: bool, **_: Any) -> None:
    from vre_portal.events.bus import recheck

    if not created:
        recheck(instance.pk)
