"""Repositories as a Django application."""

from functools import partial
from typing import Any, override

from django.apps import AppConfig
from django.db import transaction
from django.db.models.signals import post_delete
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """vre_portal.repositories."""

    name = "vre_portal.repositories"
    label = "repositories"
    verbose_name = _("Repositories")

    @override
    def ready(self) -> None:
        post_delete.connect(delete_files, sender="repositories.Snapshot")


def delete_files(instance: Any, **_options: Any) -> None:
    """The files of a snapshot go with its row, also where its person is erased, once that is certain; one that can't be deleted keeps no other."""
    if instance.archive:
        transaction.on_commit(partial(instance.archive.storage.delete, str(instance.archive.name)), robust=True)
