"""Rucio's answers about one DID: each read begins when it is first used, and fails alone."""

from functools import cached_property

from django.http import Http404

from datalake import rucio
from datalake.index.search import type_of
from datalake.pages.addresses import did_address
from datalake.reads.pending import PendingRead
from datalake.reads.reader import LakeReader
from datalake.rucio.metadata import Description, describe
from datalake.rucio.types import COLLECTIONS
from vre_portal.http import RemoteUnavailable

MAX_ROWS = 200  # parents and rules that are shown


class DidReads:
    """The reads of one DID's page; `rows` of its content are asked for. A section takes the page's recent answers about the DID and the sites."""

    def __init__(self, reader: LakeReader, scope: str, name: str, *, rows: int = 0, is_section: bool = False) -> None:
        self.reader, self.scope, self.name, self._rows = reader, scope, name, rows
        self._fetch = reader.fetch_recent if is_section else reader.fetch

    def begin_identity(self) -> None:
        """Ask at once for what the DID is."""
        self._facts, self.description  # noqa: B018 -- naming a read begins it

    def begin_everything(self) -> None:
        """Ask at once for all of it."""
        self.begin_identity()
        self.rules, self.parents, self.rses, self.content  # noqa: B018
        if self._indexed_type or self.about.type:  # the description is here before the sum of what is inside
            self.replicas  # noqa: B018

    @cached_property
    def _facts(self) -> PendingRead[rucio.Did]:
        return self._fetch(rucio.get_did, self.scope, self.name)

    @cached_property
    def description(self) -> PendingRead[Description]:
        return self._fetch(describe, self.scope, self.name)

    @cached_property
    def rules(self) -> PendingRead[list[rucio.Rule]]:
        return self.reader.fetch(rucio.list_rules, self.scope, self.name, limit=MAX_ROWS)

    @cached_property
    def parents(self) -> PendingRead[list[rucio.Did]]:
        return self.reader.fetch(rucio.list_parents, self.scope, self.name, limit=MAX_ROWS)

    @cached_property
    def rses(self) -> PendingRead[list[rucio.Rse]]:
        return self._fetch(rucio.list_rses)

    @cached_property
    def content(self) -> PendingRead[rucio.ListingPage[rucio.Did]]:
        return self.reader.fetch(rucio.list_content_page, self.scope, self.name, 0, self._rows)

    @cached_property
    def replicas(self) -> PendingRead[list[rucio.Replica]]:
        """Which ones depends on the type: waits for the DID where the index does not have it, and raises then what `did` raises."""
        return self.reader.fetch(rucio.list_replicas, self.scope, self.name, type=self._indexed_type or self.about.type or self.did.type)

    @cached_property
    def _indexed_type(self) -> str | None:
        return type_of(self.reader.lake.name, self.scope, self.name)

    @cached_property
    def did(self) -> rucio.Did:
        """The DID, without the sum of what is inside where Rucio is too slow to add up very much; raises RemoteError or Http404."""
        facts = self._facts.result
        if facts.is_known:
            return facts.required()
        about = self.description.result.value
        if about is None or about.type not in COLLECTIONS or not isinstance(facts.error, RemoteUnavailable):
            raise facts.error or Http404()
        return rucio.Did(self.scope, self.name, about.type, account=about.account, open=about.open)

    @property
    def did_by_type(self) -> rucio.Did:
        """The DID as far as its description has it, for sections that need no sum; of no type where that is not known."""
        about = self.about
        return rucio.Did(self.scope, self.name, about.type, account=about.account, open=about.open)

    @property
    def about(self) -> Description:
        """The description, an empty one where it is not known."""
        return self.description.result.value or Description()

    def address(self, view: str = "did", **query: str) -> str:
        """The DID's address in a view."""
        return with_query(did_address(view, self.reader.lake.name, self.scope, self.name), **query)


def with_query(address: str, **query: str) -> str:
    """An address with more in its query; values are words of the portal's own that need no quoting."""
    joined = "&".join(f"{key}={value}" for key, value in query.items())
    return f"{address}{'&' if '?' in address else '?'}{joined}" if joined else address
