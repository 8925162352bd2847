"""Requests as a Django application."""

from typing import override

from django.apps import AppConfig
from django.db.models.signals import post_delete
from django.utils.translation import gettext_lazy as _


class RequestsConfig(AppConfig):
    """projects.requests."""

    name = "projects.requests"
    label = "requests"
    verbose_name = _("Requests")

    @override
    def ready(self) -> None:
        from projects import closing_hooks
        from projects.people import services as people
        from projects.requests import attachments, attention_items, audience, lake_kinds, notices, palette, services, standard
        from projects.requests import personal_data as personal_data  # registers what an export has of requests
        from projects.requests.models import RequestAttachment
        from vre_portal import attention, staff_overview
        from vre_portal.search import audiences, sources

        standard.register()
        lake_kinds.register()
        standard.check()  # the portal does not start with half of REQUESTS_FILE
        notices.register()
        audiences.register_condition("request", audience.readable_requests)
        post_delete.connect(attachments.remove_file, sender=RequestAttachment, dispatch_uid="request_attachment_file")
        closing_hooks.on_close(services.close_all)
        people.on_added(services.settle)
        sources.register_actions(palette.actions)
        attention.register(attention_items.to_answer)
        attention.register(attention_items.answered)
        staff_overview.register(staff_overview.StaffSection.PROBLEMS, attention_items.staff_problems)
