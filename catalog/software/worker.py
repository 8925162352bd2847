"""Update the catalogue from one source; when that fails, the entries stay as they were."""

import logging
import time
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import OperationalError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.software import clean, version_notices, zenodo
from catalog.software.datacite import Record
from catalog.software.models import Entry, Harvest, Version
from vre_portal.http import RemoteError, RemoteRefused
from vre_portal.services import Service
from vre_portal.text import plain

logger = logging.getLogger(__name__)
# Sources index a little after they publish, so each visit looks back a little further than the last.
OVERLAP = timedelta(minutes=10)
# Zenodo does not tell what was deleted: only a look at everything finds it.
FULL_EVERY = timedelta(days=7)


def harvest(service: Service, *, full: bool = False, pause: zenodo.Pause = time.sleep) -> Harvest | None:
    """One visit; None while another is under way. The outcome is the row that is returned."""
    run = Harvest.objects.begin(service.name, since=None if full else since(service))
    if run is None:
        return None
    try:
        try:
            collect(service, run, pause)
        except RemoteRefused as error:
            if error.code != "badResumptionToken":
                raise
            collect(service, run, pause)  # the token grew old: begin again, everything is stored by name
        run.done(removed=remove_missing(run) if run.is_full else 0)
    except RemoteError as error:
        run.failed(str(error))
    except Exception:
        run.failed(_("The last update failed because of an error in the portal."))
        raise
    return run


def since(service: Service) -> datetime | None:
    """From when on to ask; None where it is time for everything."""
    done = Harvest.objects.filter(service=service.name).done()
    full = done.filter(since=None).first()
    last = done.first()
    if full is None or last is None or last.until is None or timezone.now() - full.started_at > FULL_EVERY:
        return None
    return last.until - OVERLAP


def collect(service: Service, run: Harvest, pause: zenodo.Pause) -> None:
    """Store page by page, each in a transaction of its own; a record that cannot be stored costs only itself, and is counted."""
    for page in zenodo.changes(service, since=run.since, pause=pause):
        with transaction.atomic():
            bad = [(record.identifier, why) for record in page.records if (why := fault_of(service, run, record))]
            for identifier in page.deleted:
                forget(Version.objects.filter(service=service.name, identifier=identifier))
            skipped = [*page.skipped, *bad]
            # What is known of them stays: they are there, though not to be read.
            Version.objects.filter(service=service.name, identifier__in=[name for name, _why in skipped if name]).update(harvest=run)
            run.heard(until=page.moment, records=len(page.records) - len(bad), skipped=skipped)


def fault_of(service: Service, run: Harvest, record: Record) -> str:
    """Store a record; why it could not be, or nothing. A database that is away is not the record's fault."""
    try:
        with transaction.atomic():
            store(service, run, record)
    except OperationalError:
        raise
    except Exception as error:
        logger.exception("record %s of %s cannot be stored", plain(record.identifier), service.name)
        return type(error).__name__
    return ""


def store(service: Service, run: Harvest, record: Record) -> None:
    """Make or refresh the version, and the entry where this is its newest version."""
    entry, made = Entry.objects.select_for_update().get_or_create(
        service=service.name, concept=record.concept, defaults={"record": record.number, "title": record.title}
    )
    version, is_new = Version.objects.update_or_create(
        service=service.name,
        identifier=record.identifier,
        defaults={
            "entry": entry,
            "record": record.number,
            "doi": record.doi,
            "name": record.version,
            "published": record.published,
            "address": record.address,
            "harvest": run,
        },
    )
    if made or entry.deleted or age(record.number) >= age(entry.record):
        is_newest = is_new and not made and not entry.deleted
        describe(entry, record)
        if is_newest:
            version_notices.report(entry, version)


def age(number: str) -> tuple[int, str]:
    """Record numbers grow with time; what is not a number is compared as text."""
    return (int(number), "") if number.isdigit() else (0, number)


def describe(entry: Entry, record: Record) -> None:
    entry.record = record.number
    entry.concept_doi, entry.doi = record.concept_doi, record.doi
    entry.title = record.title
    entry.description = clean.description(record.description)
    entry.creators = [asdict(creator) for creator in record.creators]
    entry.keywords = list(record.keywords)
    entry.licence, entry.version = record.licence, record.version
    entry.resource_type, entry.repository = record.resource_type, record.repository
    entry.address, entry.published = record.address, record.published
    entry.deleted = False
    entry.harvested_at = timezone.now()
    entry.save()
    entry.index()


def remove_missing(run: Harvest) -> int:
    """After a look at everything: what was not seen is gone. A source that suddenly tells little is not believed."""
    if run.skipped_unnamed:
        logger.warning("%d records of %s could not even be named, so nothing is taken as gone", run.skipped_unnamed, run.service)
        return 0
    known = Version.objects.filter(service=run.service, entry__deleted=False)
    missing = known.exclude(harvest=run)
    if missing.count() * 2 > known.count():
        text = _("The source lists only %(listed)s of %(known)s known records, so nothing was removed.")
        raise RemoteRefused(text % {"listed": run.records, "known": known.count()})
    return forget(missing)


def forget(versions: QuerySet[Version]) -> int:
    """Drop versions; an entry without any is hidden, not lost, for projects may point to it."""
    entries = set(versions.values_list("entry", flat=True))
    gone, _counts = versions.delete()
    for entry in Entry.objects.filter(pk__in=entries):
        entry.step_back(max(entry.versions.all(), key=lambda version: age(version.record), default=None))
    return gone
