"""Sections of a DID's page that come by themselves: its copies; its rules with what it is part of."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from datalake import rucio
from datalake.browse.views.did_reads import DidReads
from datalake.files import direct
from datalake.pages import nearest
from datalake.pages.addresses import did_address
from datalake.reads.reader import LakeReader

CHECKSUMS = (("adler32", "Adler-32"), ("md5", "MD5"))


def copies(request: HttpRequest, reader: LakeReader, scope: str, name: str) -> HttpResponse:
    """The table of copies, and the menu of those that come directly; without htmx the whole page."""
    reads = DidReads(reader, scope, name, is_section=True)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(reads.address(everything="1") + "#replicas")
    reads.begin_identity()
    reads.rses  # noqa: B018 -- begins it
    context = copies_of(request, reads) | {"checksums": checksums_of(reads.did)}
    return show_section(request, reads, "did_copies.html", context, is_shown=reads.replicas.result.is_known)


def rules(request: HttpRequest, reader: LakeReader, scope: str, name: str) -> HttpResponse:
    """The table of rules, and the collections that it is part of; without htmx the whole page."""
    reads = DidReads(reader, scope, name, is_section=True)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(reads.address(everything="1") + "#rules")
    reads.rules, reads.parents, reads.description  # noqa: B018 -- begins them
    return show_section(request, reads, "did_rules.html", rules_of(reads), is_shown=reads.rules.result.is_known)


def show_section(request: HttpRequest, reads: DidReads, template: str, context: dict[str, Any], *, is_shown: bool) -> HttpResponse:
    """A section alone, with what went wrong and, where its rows are shown, the age of what is from the cache."""
    reader = reads.reader
    own = {"lake": reader.lake, "did": reads.did_by_type, "is_file": reads.did_by_type.type == "FILE", "signed_in": reader.is_personal}
    notes = {"trouble": reader.error, "since": reader.since if is_shown else None, "is_fragment": True}
    return render(request, f"datalake/{template}", {**own, **notes, **context})


def copies_of(request: HttpRequest, reads: DidReads) -> dict[str, Any]:
    """The copies, each with its site and, for those who said where they are, how far that is; and which come directly."""
    sites, result = reads.rses.result.value or [], reads.replicas.result
    site_by_name, far = {item.name: item for item in sites}, nearest.distances(sites, nearest.chosen_site(request))
    replicas = sorted(result.value or (), key=lambda item: nearest.sort_key(item.rse, far)) if far else result.value or ()
    targets = direct.targets(reads.reader.lake, replicas)
    return {
        "copies": [(item, site_by_name.get(item.rse), far.get(item.rse)) for item in replicas],
        "copies_known": result.is_known,
        "near": nearest.chosen_site(request) if far else "",
        "near_choices": nearest.placed(sites),
        "page": reads.address(),
        "direct": [(item.rse, reads.address("direct")) for item in targets],
    }


def rules_of(reads: DidReads) -> dict[str, Any]:
    """The rules, and the collections that the DID is part of with their pages."""
    found, lake = reads.rules.result, reads.reader.lake.name
    parents: list[rucio.Did] = reads.parents.result.value or []
    return {
        "parents": [(item, did_address("did", lake, item.scope, item.name)) for item in parents],
        "rules": [(item, item.locks_ok + item.locks_replicating + item.locks_stuck) for item in found.value or ()],
        "rules_known": found.is_known,
    }


def checksums_of(did: rucio.Did) -> list[tuple[str, str]]:
    """Its checksums with their names."""
    return [(label, getattr(did, name)) for name, label in CHECKSUMS if getattr(did, name)]
