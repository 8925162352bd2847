"""What has to be right about naming conventions in services.toml before the portal starts."""

from typing import Any

from django.core.checks import Error, register

from datalake.naming.conventions import BadConvention, entries, read_convention, read_metadata_rule
from vre_portal.services import ServiceKind, services


@register()
def conventions_are_sound(**_: Any) -> list[Error]:
    """Each entry of `naming` and `metadata_rules` can be read."""
    errors = []
    for lake in services(ServiceKind.RUCIO):
        for option, read in (("naming", read_convention), ("metadata_rules", read_metadata_rule)):
            try:
                found = entries(lake, option)
            except BadConvention as error:
                errors.append(_error(lake.name, str(error)))
                continue
            for number, entry in enumerate(found, 1):
                try:
                    read(entry)
                except BadConvention as error:
                    errors.append(_error(lake.name, f"entry {number} of {option}: {error}"))
    return errors


def _error(lake: str, words: str) -> Error:
    return Error(f"services.toml, {lake}, {words}.", id="lake_naming.E001")  # untranslated: for operators
