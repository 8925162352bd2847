"""What has to be right about naming conventions in services.toml before the portal starts."""

from collections.abc import Callable, Iterator
from typing import Any

from django.core.checks import Error, register

from datalake.naming.conventions import (
    BadConvention,
    Convention,
    MetadataRule,
    entries,
    read_convention,
    read_metadata_rule,
    read_pattern,
)
from datalake.naming.patterns import is_slow
from vre_portal.services import Service, ServiceKind, services


@register()
def conventions_are_sound(**_: Any) -> list[Error]:
    """Each entry of `naming` and `metadata_rules` can be read, and no pattern of names takes long."""
    errors = []
    for lake in services(ServiceKind.RUCIO):
        for option in ("names", "scope_names", "upload_names"):
            try:
                _require_speed([read_pattern(lake.options.get(option))])
            except BadConvention as error:
                errors.append(_error(lake.name, f"{option}: {error}"))
        for option, read in (("naming", read_convention), ("metadata_rules", read_metadata_rule)):
            errors += _errors_of(lake, option, read)
    return errors


def _errors_of(lake: Service, option: str, read: Callable[[Any], Convention | MetadataRule]) -> Iterator[Error]:
    try:
        found = entries(lake, option)
    except BadConvention as error:
        yield _error(lake.name, str(error))
        return
    for number, entry in enumerate(found, 1):
        try:
            _require_speed(_patterns_of(read(entry)))
        except BadConvention as error:
            yield _error(lake.name, f"entry {number} of {option}: {error}")


def _patterns_of(rule: Convention | MetadataRule) -> list[str]:
    """All patterns that are matched on their own."""
    if isinstance(rule, MetadataRule):
        return [rule.pattern]
    return [part.regex for part in rule.parts] + [rule.regex]


def _require_speed(patterns: list[str]) -> None:
    for pattern in patterns:
        if is_slow(pattern):
            raise BadConvention(f"the pattern {pattern!r} takes too long for some names; write it without a repetition inside a repetition")


def _error(lake: str, words: str) -> Error:
    return Error(f"services.toml, {lake}, {words}.", id="lake_naming.E001")  # untranslated: for operators
