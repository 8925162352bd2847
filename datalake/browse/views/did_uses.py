"""What uses a DID: projects, runs and results, also through the collections that contain it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from datalake import rucio
from datalake.browse.views.did_reads import MAX_ROWS, DidReads
from datalake.reads.reader import LakeReader
from vre_portal import usage
from vre_portal.usage import Thing

MAX_LEVELS, MAX_READS = 3, 20  # of collections that are looked through upwards


def uses(request: HttpRequest, reader: LakeReader, scope: str, name: str) -> HttpResponse:
    """The uses of a DID that the reader may see: beside its page as a fragment, else as a page, JSON or CSV."""
    reads = DidReads(reader, scope, name, is_section=True)
    did = reads.did  # what is not there, or not for this reader, has no uses
    containing, is_complete = collections_of(reader, scope, name)
    thing = Thing("did", reader.lake.name, str(did), containing)
    result = usage.uses(request.user, thing)
    if (document := usage.json_of(request, result, "uses")) is not None:
        return document
    template = "datalake/did_uses.html" + ("#body" if request.htmx else "")  # type: ignore[attr-defined]
    here = reads.address(part="uses")
    context = {"lake": reader.lake, "did": did, "text": str(did), "page": reads.address()}
    own = {"uses": result, "uses_incomplete": not is_complete, "all_url": here, "joint": "&"}
    return render(request, template, {**context, **own})


def collections_of(reader: LakeReader, scope: str, name: str) -> tuple[tuple[str, ...], bool]:
    """The DIDs of the collections that contain something, the nearest first, and whether all of them could be read."""
    above: dict[str, None] = {}
    level, reads_left, is_complete = [(scope, name)], MAX_READS, True
    for _level in range(MAX_LEVELS):
        asked, reads_left = level[:reads_left], reads_left - min(len(level), reads_left)
        is_complete = is_complete and len(asked) == len(level)
        pending = [reader.fetch_optional(rucio.list_parents, *pair, limit=MAX_ROWS) for pair in asked]
        parents = []
        for read in pending:
            is_complete = is_complete and read.result.is_known
            parents += read.result.value or []
        level = [(item.scope, item.name) for item in parents if str(item) not in above]
        above |= {str(item): None for item in parents}
        if not level:
            break
    return tuple(above), is_complete
