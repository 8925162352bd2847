"""Notices as a Django application."""

from typing import Any, override

from django.apps import AppConfig
from django.db.models.signals import post_delete
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """vre_portal.notices."""

    name = "vre_portal.notices"
    label = "notices"
    verbose_name = _("Notices")

    @override
    def ready(self) -> None:
        """The bell learns of each new notice; saved searches can be followed, and no longer once they are deleted."""
        from vre_portal import events
        from vre_portal.iam import sign_in_waits
        from vre_portal.notices import bell, palette, personal_data, personal_tokens, saved_searches, services, sign_in
        from vre_portal.search import sources
        from vre_portal.search.models import StoredSearch

        services.register_channel(bell.new_notices)
        events.register_topic("bell", lambda user, numbers: [number for number in numbers if number == user.pk])
        sign_in.register()
        sign_in_waits.register(sign_in.work_waits)
        personal_tokens.register()
        saved_searches.register()
        personal_data.register()
        sources.register_actions(palette.actions)
        post_delete.connect(_forget_search, sender=StoredSearch, dispatch_uid="notices.saved_searches")


def _forget_search(instance: Any, **_: Any) -> None:
    from vre_portal.notices import saved_searches

    saved_searches.forget(instance.pk)
