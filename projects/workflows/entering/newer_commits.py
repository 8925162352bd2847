"""Once a day: do the branches from which workflows came name newer commits? Each address is asked once, whatever comes of it."""

import logging
import random
import re
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from projects.workflows.entering.origins import REPOSITORIES
from projects.workflows.models import RepositoryLook, Specification, SpecificationVersion
from vre_portal.http import RemoteUnavailable
from vre_portal.jobs.fates import Refused
from vre_portal.repositories.child_process import NotThere
from vre_portal.repositories.looking import commit_at, commits_of_branches
from vre_portal.slots import NoSlot

DAY = timedelta(days=1)
JITTER_SECONDS = 4 * 3600  # so that what was added together is not asked about together for ever
MAX_ADDRESSES = 20  # of one round
MAX_BRANCHES = 50  # of one address
MAX_MISSING = 5  # branches of one address that are looked for among its tags
MAX_SECONDS = 120  # after which a round begins nothing more
BUSY_SECONDS = 600  # until an address is asked about for which there was no room
COMMIT = re.compile(r"[0-9a-fA-F]{40,64}")
logger = logging.getLogger(__name__)


def look() -> None:
    """Ask about the addresses whose time has come."""
    followed = _followed()
    _know(followed)
    until = time.monotonic() + MAX_SECONDS
    for row in RepositoryLook.objects.filter(next_at__lte=timezone.now())[:MAX_ADDRESSES]:
        if time.monotonic() > until:
            return
        if _claim(row) and not _look_at(row, followed.get(row.address, [])):
            return


def _followed() -> dict[str, list[SpecificationVersion]]:
    """By address, of each workflow that is in use the newest version that came from a branch."""
    found: dict[str, list[SpecificationVersion]] = {}
    for version in _newest():
        if version.origin in REPOSITORIES and not COMMIT.fullmatch(version.ref):
            found.setdefault(version.address, []).append(version)
    return found


def _newest() -> Iterable[SpecificationVersion]:
    rows = SpecificationVersion.objects.filter(
        origin__in=REPOSITORIES,
        specification__archived_at=None,
        specification__project__archived_at=None,
        specification__project__deleted_at=None,
    ).exclude(address="")
    newest = rows.order_by("specification_id", "-number").distinct("specification_id").select_related("specification")
    return newest.only("origin", "address", "ref", "commit", "number", *(f"specification__{name}" for name in WANTED))


WANTED = ("current_id", "newer_commit", "newer_since", "lost")


def _know(followed: Iterable[str]) -> None:
    """A row for each address, each with a time of its own within a day; none for those that nobody follows any more."""
    addresses = set(followed)
    known = set(RepositoryLook.objects.values_list("address", flat=True))
    now = timezone.now()
    rows = [RepositoryLook(address=name, next_at=now + DAY * random.random()) for name in sorted(addresses - known)]  # noqa: S311 -- no secret
    RepositoryLook.objects.bulk_create(rows, ignore_conflicts=True)
    if gone := known - addresses:
        RepositoryLook.objects.filter(address__in=gone, next_at__lte=now).delete()  # not before: it would be asked twice in a day


def _claim(row: RepositoryLook) -> bool:
    """Put the next look a day ahead before this one; False where somebody else has done so."""
    later = timezone.now() + DAY + timedelta(seconds=random.uniform(0, JITTER_SECONDS))  # noqa: S311 -- no secret
    return bool(RepositoryLook.objects.filter(pk=row.pk, next_at=row.next_at).update(next_at=later))


def _look_at(row: RepositoryLook, versions: list[SpecificationVersion]) -> bool:
    """Ask one server and note what it says; False where there is no room to ask any. A server that fails is asked again in a day."""
    refs = list(dict.fromkeys(version.ref for version in versions))[:MAX_BRANCHES]
    if not refs:
        return True
    try:
        commits = commits_of_branches(row.address, refs)
    except NoSlot:
        RepositoryLook.objects.filter(pk=row.pk).update(next_at=timezone.now() + timedelta(seconds=BUSY_SECONDS))
        return False
    except (Refused, RemoteUnavailable) as error:
        logger.info("%s could not be asked for newer commits: %s", row.address, error)
        if isinstance(error, NotThere):
            note_lost([version.specification for version in versions], Specification.Lost.REPOSITORY)
        return True
    for version in versions:
        if commit := commits.get(version.ref):
            note(version, commit, timezone.now())
    missing = [ref for ref in refs if ref not in commits][:MAX_MISSING]
    is_there = dict.fromkeys(commits, True) | {ref: _is_there(row.address, ref) for ref in missing}
    note_lost([version.specification for version in versions if is_there.get(version.ref) is False], Specification.Lost.BRANCH)
    note_lost([version.specification for version in versions if is_there.get(version.ref)], "")  # of the others what was known stays
    return True


def _is_there(address: str, ref: str) -> bool | None:
    """Whether what is no branch is a tag; None where the server does not say."""
    try:
        commit_at(address, ref)
    except NotThere:
        return False
    except (Refused, RemoteUnavailable, NoSlot):
        return None
    return True


def note_lost(specifications: Iterable[Specification], lost: str) -> None:
    """Write down what of their repositories is not there, or that all of it is, unless another version was saved meanwhile."""
    for specification in specifications:
        if specification.lost != lost:
            Specification.objects.filter(pk=specification.pk, current=specification.current_id).update(lost=lost)


def note(version: SpecificationVersion, commit: str, now: datetime) -> None:
    """Write down what the branch of a version names now, unless another version was saved meanwhile."""
    specification = version.specification
    # Where it is the commit of an earlier version, the branch was moved back.
    if commit == version.commit or specification.versions.filter(commit=commit).exists():
        newer, since = "", None
    else:
        newer, since = commit, specification.newer_since or now
    if newer != specification.newer_commit:
        rows = Specification.objects.filter(pk=specification.pk, current=specification.current_id)
        rows.update(newer_commit=newer, newer_since=since)
