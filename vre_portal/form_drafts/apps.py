"""The application of form drafts; its label is older than its name."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FormDraftsConfig(AppConfig):
    """vre_portal.form_drafts."""

    name = "vre_portal.form_drafts"
    label = "kept"
    verbose_name = _("Form drafts")
