"""What is said of a DID, as its page shows it, and as it renews itself while the reader changes it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from datalake import linked, rucio
from datalake.acts.models import Act
from datalake.acts.presenting import Shown
from datalake.addresses import did_address
from datalake.metadata_forms import kind_of, typed
from datalake.reading import Reading
from datalake.rucio.describing import COLUMNS, Description, describe
from datalake.views.did_parts import piece

MOST_UNDER_WAY = 20


def under_way(request: HttpRequest, look: Reading, scope: str, name: str) -> list[Shown]:
    """The reader's changes of metadata that are not done yet.

    Looked for before Rucio is asked: one that ends meanwhile makes the page ask once more, and not show for good what was before.
    """
    if not request.user.is_authenticated:
        return []
    mine = Act.objects.about(look.lake.name, f"{scope}:{name}").filter(by=request.user.pk, kind="describe")
    return [Shown(act) for act in mine.unended()[:MOST_UNDER_WAY]]


def metadata_of(look: Reading, did: rucio.Did, known: bool, about: Description, moving: list[Shown]) -> dict[str, Any]:
    """What people said about the DID, each with its kind and where to change it; the reader's changes that are under way."""
    edit = did_address("metadata", look.lake.name, did.scope, did.name)
    rows = [
        {"key": key, "kind": kind_of(value), "value": typed(value), "looks_boolean": isinstance(value, str) and value in ("True", "False")}
        for key, value in sorted(about.metadata.items(), key=lambda item: (item[0] in COLUMNS, item[0].lower()))
    ]
    return {
        "metadata": rows,
        "metadata_known": known,
        "about": about,
        "title": str(linked.said(about.metadata, "title") or "")[:300],
        "edit": edit,
        "edit_joint": "&" if "?" in edit else "?",
        "under_way": moving,
        "metadata_piece": piece(look, did.scope, did.name, "metadata"),
    }


def metadata(request: HttpRequest, look: Reading, scope: str, name: str) -> HttpResponse:
    """The table of metadata alone, while one of the reader's changes is under way."""
    did, moving = rucio.Did(scope, name, ""), under_way(request, look, scope, name)
    answer = look.ask(describe, scope, name).answer
    context = metadata_of(look, did, answer.known, answer.required(), moving)
    return render(request, "datalake/did_metadata.html", {**context, "lake": look.lake, "did": did, "signed_in": look.is_personal})
