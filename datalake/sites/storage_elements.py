"""A storage element as its pages show it: its state in one word, its space, what failed on the way to it lately."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from datalake import rucio
from datalake.rucio.transfers import TransferLink
from datalake.sites.map import Spot
from datalake.sites.models import SiteRecord
from vre_portal import states
from vre_portal.services import Service
from vre_portal.text import size

MIN_FAILURES, MIN_FAILED_SHARE = 3, 0.2  # as many failures, and such a share of all transfers, make a site "failing"
SCHEMES = {"davs": "davs", "https": "https", "root": "root", "gsiftp": "gsiftp", "s3": "s3", "s3s": "s3", "file": "file", "srm": "srm"}


@dataclass(frozen=True)
class StorageElement:
    """An RSE with its page and what else is known."""

    rse: rucio.Rse
    page: str
    links: tuple[TransferLink, ...] | None = None  # those that lead to it; None where the lake does not tell
    entry: SiteRecord | None = None

    @property
    def free(self) -> int | None:
        """What is left, where the storage says how much there is."""
        return None if self.rse.total is None or self.rse.used is None else max(self.rse.total - self.rse.used, 0)

    @property
    def schemes(self) -> list[str]:
        """The protocols, each once."""
        return sorted({SCHEMES.get(item.scheme, item.scheme) for item in self.rse.protocols})

    @property
    def failed(self) -> int | None:
        """Transfers to it that failed in the last six hours."""
        return None if self.links is None else sum(link.failed for link in self.links)

    @property
    def done(self) -> int | None:
        return None if self.links is None else sum(link.done for link in self.links)

    @property
    def queued(self) -> int | None:
        return None if self.links is None else sum(link.queued for link in self.links)

    @property
    def state(self) -> str:
        """One word: off, read-only, write-only, failing, available."""
        if not self.rse.readable:
            return "write-only" if self.rse.writable else "off"
        if not self.rse.writable:
            return "read-only"
        failed = self.failed or 0
        return "failing" if failed >= MIN_FAILURES and failed >= MIN_FAILED_SHARE * (failed + (self.done or 0)) else "available"

    @property
    def site(self) -> str:
        """Rucio's word for the site, or the catalogue's."""
        return self.rse.site or (self.entry.site if self.entry else "")

    @property
    def country(self) -> str:
        return self.rse.country or (self.entry.country if self.entry else "")

    @property
    def spot(self) -> Spot:
        """How it is drawn on the map."""
        facts = [
            str(states.label(self.state)),
            self.site,
            _("%(size)s used") % {"size": size(self.rse.used)} if self.rse.used is not None else "",
        ]
        if self.free is not None:
            facts.append(_("%(size)s free") % {"size": size(self.free)})
        text = ", ".join(item for item in facts if item)
        return Spot(self.rse.name, self.page, self.rse.latitude, self.rse.longitude, self.state, self.rse.total or self.rse.used, text)

    def row(self) -> dict[str, Any]:
        """The site as data for scripts."""
        return {
            "name": self.rse.name,
            "state": self.state,
            "site": self.site,
            "city": self.rse.city,
            "country": self.country,
            "latitude": self.rse.latitude,
            "longitude": self.rse.longitude,
            "protocols": self.schemes,
            "read": self.rse.readable,
            "write": self.rse.writable,
            "delete": self.rse.deletable,
            "used_bytes": self.rse.used,
            "free_bytes": self.free,
            "total_bytes": self.rse.total,
            "files": self.rse.files,
            "failed_6h": self.failed,
            "done_6h": self.done,
            "queued": self.queued,
            "page": self.page,
        }


SORTS: dict[str, Callable[[StorageElement], Any]] = {
    "name": lambda site: (),
    "state": lambda site: site.state,
    "site": lambda site: site.site.lower(),
    "country": lambda site: site.country.lower(),
    "used": lambda site: -(site.rse.used or 0),
    "free": lambda site: -(site.free or 0),
    "failed": lambda site: -(site.failed or 0),
}


def sites(lake: Service, rses: Iterable[rucio.Rse], links: Iterable[TransferLink] | None) -> list[StorageElement]:
    """Storage elements with their pages, what led to them, and what the catalogue says."""
    entries = {item.rse: item for item in SiteRecord.objects.filter(lake=lake.name)}
    all_links = None if links is None else list(links)
    return [
        StorageElement(
            rse,
            reverse("datalake:rse", args=[lake.name, rse.name]),
            None if all_links is None else tuple(link for link in all_links if link.destination == rse.name),
            entries.get(rse.name),
        )
        for rse in rses
    ]
