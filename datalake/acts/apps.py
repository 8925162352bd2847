"""What people do in a Data Lake."""

from importlib import import_module
from typing import override

from django.apps import AppConfig

# Where the kinds of acts are: each module registers its own with `kinds.kind`.
KINDS = ("datalake.acts.kinds.rules", "datalake.acts.kinds.collections", "datalake.acts.kinds.describing")


class Config(AppConfig):
    """datalake.acts."""

    name = "datalake.acts"
    label = "lake_acts"
    verbose_name = "Acts in a Data Lake"

    @override
    def ready(self) -> None:
        for module in (*KINDS, "datalake.acts.leaving"):
            import_module(module)
