"""The application that holds the demonstration's people."""

from django.apps import AppConfig


class IamConfig(AppConfig):
    """Registered under the short label that the user model's name uses."""

    name = "devstack.iam"
    label = "iam"
