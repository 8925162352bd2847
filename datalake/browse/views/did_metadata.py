"""The metadata of a DID on its page; the section refreshes while a change of the reader is in progress."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import pgettext_lazy

from datalake import rucio
from datalake.browse.views.did_reads import DidReads
from datalake.operations.metadata_forms import KINDS, kind_of, typed
from datalake.operations.models import Operation
from datalake.operations.presenting import OperationDisplay
from datalake.pages import metadata_export
from datalake.pages.provenance import provenance_of
from datalake.reads.reader import LakeReader
from datalake.rucio.metadata import COLUMNS

MAX_UNDER_WAY = 20
KIND_LABELS = {**dict(KINDS), "nothing": pgettext_lazy("type of a value", "None")}


def under_way(request: HttpRequest, reader: LakeReader, scope: str, name: str) -> list[OperationDisplay]:
    """The reader's changes of metadata that are not done yet.

    Looked for before Rucio is asked: one that ends meanwhile makes the page ask once more, and not show the old values permanently.
    """
    if not request.user.is_authenticated:
        return []
    mine = Operation.objects.about(reader.lake.name, f"{scope}:{name}").filter(by=request.user.pk, kind="describe")
    return [OperationDisplay(operation) for operation in mine.unended()[:MAX_UNDER_WAY]]


def metadata_of(reads: DidReads, changes: list[OperationDisplay]) -> dict[str, Any]:
    """The metadata of the DID, each with its kind and the page that edits it, and the reader's changes in progress."""
    description, about = reads.description.result, reads.about
    edit = reads.address("metadata")
    rows = [
        {
            "key": key,
            "kind": (kind := kind_of(value)),
            "kind_label": KIND_LABELS[kind],
            "value": typed(value),
            "looks_boolean": isinstance(value, str) and value in ("True", "False"),
        }
        for key, value in sorted(about.metadata.items(), key=lambda item: (item[0] in COLUMNS, item[0].lower()))
    ]
    return {
        "metadata": rows,
        "metadata_known": description.is_known,
        "provenance": provenance_of(about.metadata),
        "about": about,
        "title": str(metadata_export.first_value(about.metadata, "title") or "")[:300],
        "edit": edit,
        "edit_joint": "&" if "?" in edit else "?",
        "under_way": changes,
        "metadata_piece": reads.address(part="metadata"),
    }


def metadata(request: HttpRequest, reader: LakeReader, scope: str, name: str) -> HttpResponse:
    """The table of metadata alone, while one of the reader's changes is under way; raises RemoteError where it is not known."""
    changes, reads = under_way(request, reader, scope, name), DidReads(reader, scope, name, rows=0)
    reads.description.result.required()
    own = {"lake": reader.lake, "did": rucio.Did(scope, name, ""), "signed_in": reader.is_personal}
    return render(request, "datalake/did_metadata.html", {**metadata_of(reads, changes), **own})
