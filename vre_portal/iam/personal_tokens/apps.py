"""Personal tokens as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """vre_portal.iam.personal_tokens."""

    name = "vre_portal.iam.personal_tokens"
    label = "personal_tokens"
    verbose_name = _("Personal tokens")
