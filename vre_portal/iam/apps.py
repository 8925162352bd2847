"""People, their groups and their tokens."""

from django.apps import AppConfig


class IamConfig(AppConfig):
    """vre_portal.iam."""

    name = "vre_portal.iam"
    label = "iam"
    verbose_name = "Identity"
