"""What has to be right about naming conventions in services.toml before the portal starts."""

from typing import Any

from django.core.checks import Error, register

from datalake.naming.conventions import BadConvention, read_convention, read_metadata_rule
from vre_portal.services import ServiceKind, services


@register()
def conventions_are_sound(**_: Any) -> list[Error]:
    """Each entry of `naming` and `metadata_rules` can be read."""
    errors = []
    for lake in services(ServiceKind.RUCIO):
        for option, read in (("naming", read_convention), ("metadata_rules", read_metadata_rule)):
            for number, entry in enumerate(lake.options.get(option) or (), 1):
                try:
                    read(entry)
                except BadConvention as error:
                    text = f"services.toml, {lake.name}, entry {number} of {option}: {error}."  # untranslated: for operators
                    errors.append(Error(text, id="lake_naming.E001"))
    return errors
