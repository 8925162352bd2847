"""Uploads into a Data Lake."""

from typing import override

from django.apps import AppConfig


class Config(AppConfig):
    """datalake.uploads."""

    name = "datalake.uploads"
    label = "lake_uploads"
    verbose_name = "Uploads into a Data Lake"

    @override
    def ready(self) -> None:
        from datalake.uploads import leaving  # noqa: F401 -- says what a person has to do before being erased
