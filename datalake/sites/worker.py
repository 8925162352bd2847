"""Take samples of a lake's storage elements and read its information catalogue; each may be done twice."""

import logging
from datetime import datetime

from django.utils import timezone

from datalake import rucio
from datalake.reads import service_account
from datalake.rucio.rses import get_rse_usage
from datalake.sites import cric
from datalake.sites.models import Sample, SiteRecord, StorageAccess, thin
from vre_portal.http import RemoteError
from vre_portal.services import Service

MAX_BIGINT = 2**63 - 1  # what a column of samples holds
logger = logging.getLogger(__name__)


def sample(lake: Service, at: datetime | None = None) -> int:
    """Note how full each storage element is in this hour; one that does not tell is left out. Raises RemoteError where none does."""
    if not service_account.is_configured(lake):
        return 0
    token, now = service_account.token(lake), at or timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    rows, failed = [], None
    for rse in rucio.list_rses(lake, token, details=False):
        try:
            usage = get_rse_usage(lake, token, rse.name)
        except RemoteError as error:
            logger.warning("The usage of %s is not known: %s", rse.name, error)
            failed = error
            continue
        figures = [figure for figure in (usage.used, usage.total, usage.files) if figure is not None]
        if any(abs(figure) > MAX_BIGINT for figure in figures):
            logger.warning("The usage of %s is not noted: it is more than the portal can keep.", rse.name)
        elif usage.used is not None:
            rows.append(Sample(lake=lake.name, rse=rse.name, at=hour, used=usage.used, total=usage.total, files=usage.files))
    if failed is not None and not rows:
        raise failed
    Sample.objects.bulk_create(rows, ignore_conflicts=True)
    thin(now)
    return len(rows)


def read_access(lake: Service) -> int:
    """Note the protocols of each storage element, and whether it takes data; what is gone from the lake is gone here."""
    if not service_account.is_configured(lake):
        return 0
    now = timezone.now()
    rows = [
        StorageAccess(
            lake=lake.name, rse=rse.name, protocols=sorted({item.scheme for item in rse.protocols}), writable=rse.writable, seen_at=now
        )
        for rse in rucio.list_rses(lake, service_account.token(lake))
    ]
    StorageAccess.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["lake", "rse"], update_fields=["protocols", "writable", "seen_at"]
    )
    StorageAccess.objects.filter(lake=lake.name, seen_at__lt=now).delete()
    return len(rows)


def read_catalogue(lake: Service) -> int:
    """Take over what the information catalogue says; while it is away, what it said before stays with its age."""
    source = cric.catalogue(lake)
    if source is None:
        return 0
    now = timezone.now()
    entries = {item.rse: item for item in cric.read(source)}  # an element that is named twice is as it is named last
    rows = [
        SiteRecord(lake=lake.name, rse=item.rse, site=item.site, country=item.country, state=item.state, seen_at=now)
        for item in entries.values()
    ]
    SiteRecord.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["lake", "rse"], update_fields=["site", "country", "state", "seen_at"]
    )
    return len(rows)
