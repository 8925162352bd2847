"""Requests about the metadata of a DID, and reports of corrupt copies."""

import json
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datalake import rucio
from datalake.operations.kinds import OperationContext, Unfinished, kind


def to_json(value: Any) -> str:
    """A value as JSON: the only spelling in which true and "True" are two things."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True)
class Describe:
    """One key of a DID's metadata: its new value, or that it goes; and what it was when the person looked."""

    scope: str
    name: str
    key: str
    value: Any = None
    remove: bool = False
    had: bool = False
    before: Any = None

    def __str__(self) -> str:
        return _("delete %(key)s") % {"key": self.key} if self.remove else f"{self.key} = {to_json(self.value)}"

    @property
    def subjects(self) -> list[str]:
        return [f"{self.scope}:{self.name}"]


@kind("describe", gettext_lazy("Edit metadata"), Describe)
def describe(context: OperationContext, wanted: Describe) -> str:
    """Set or delete the key. Raises Unfinished where its value is no longer the one that the person saw."""
    said = rucio.describe(context.lake, context.token, wanted.scope, wanted.name).metadata
    there, now = wanted.key in said, to_json(said.get(wanted.key))
    if wanted.remove and not there:
        return _("The key was already deleted.")
    if not wanted.remove and there and now == to_json(wanted.value):
        return _("The value was already set.")
    if there != wanted.had or (there and now != to_json(wanted.before)):
        if not there:
            raise Unfinished(_("Somebody else has deleted this key in the meantime. Reload the page."))
        raise Unfinished(_("Somebody else changed this value to %(value)s in the meantime. Reload the page.") % {"value": now})
    if wanted.remove:
        rucio.delete_metadata_key(context.lake, context.token, wanted.scope, wanted.name, wanted.key)
        return _("The key is deleted.")
    rucio.set_metadata_value(context.lake, context.token, wanted.scope, wanted.name, wanted.key, wanted.value)
    return _("The value is set.")


@dataclass(frozen=True)
class Suspect:
    """A copy whose contents differ from what was registered."""

    scope: str
    name: str
    pfn: str
    reason: str = ""

    def __str__(self) -> str:
        return _("copy at %(address)s") % {"address": self.pfn}

    @property
    def subjects(self) -> list[str]:
        return [f"{self.scope}:{self.name}"]


@kind("report-suspicious", gettext_lazy("Report corrupt copy"), Suspect)
def report(context: OperationContext, wanted: Suspect) -> str:
    """Declare the copy suspicious; the operators decide, and Rucio itself declares one bad that is reported often."""
    rucio.declare_suspicious(context.lake, context.token, wanted.scope, wanted.name, wanted.pfn, wanted.reason)
    return _("The copy is reported as suspicious. The Data Lake operators will check it.")
