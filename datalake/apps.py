"""Data Lake."""

from typing import override

from django.apps import AppConfig


class Config(AppConfig):
    """datalake."""

    name = "datalake"
    label = "datalake"
    verbose_name = "Data Lake"

    @override
    def ready(self) -> None:
        from datalake import recorded  # noqa: F401 -- says what of the audit record its readers may know
