"""Where many things are looked at in one go, one that cannot be told costs no other, and is told by the next go."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import ModuleType

import pytest
from django.utils import timezone

from datalake import rucio
from datalake.index import followed
from datalake.index.models import IndexedScope, IndexEntry
from datalake.operations import account_watch
from datalake.operations import notices as lake_notices
from datalake.operations.models import StuckRule
from datalake.uploads import notices as upload_notices
from datalake.uploads.models import Upload
from projects.news import announcing
from projects.notebooks import notices as notebook_notices
from projects.notebooks.models import Session
from tests.factories import make_news, make_project, make_public
from vre_portal.iam.models import User
from vre_portal.notices.models import Event, Follow
from vre_portal.services import Service, ServiceKind, service

pytestmark = pytest.mark.django_db
NAMES = ("first", "odd", "last")
FailWith = Callable[[ModuleType, str], Callable[[], None]]


def told() -> set[str]:
    """Which of the three things were told."""
    titles = list(Event.objects.values_list("title", flat=True))
    return {name for name in NAMES if any(name in title for title in titles)}


def test_followed_data(people: dict[str, User], fail_with: FailWith) -> None:
    scope = IndexedScope.objects.create(lake="escape", name="PUBLIC_SP", read_at=timezone.now(), walked_at=timezone.now())
    for name in NAMES:
        IndexEntry.objects.create(scope=scope, name=name, type="FILE", bytes=1, created=timezone.now())
        Follow.objects.create(user=people["lead"], topic=f"did:escape:PUBLIC_SP:{name}")
    followed.report_changes()
    IndexEntry.objects.update(bytes=2)
    mended = fail_with(followed, "odd")
    assert followed.report_changes() == 2
    assert told() == {"first", "last"}
    mended()
    assert followed.report_changes() == 1
    assert told() == set(NAMES)


def test_news(people: dict[str, User], fail_with: FailWith) -> None:
    project = make_public(lead=people["lead"])
    for name in NAMES:
        make_news(project, title=name)
    mended = fail_with(announcing, "odd")
    announcing.announce_due()
    assert told() == {"first", "last"}
    mended()
    announcing.announce_due()
    assert told() == set(NAMES)


def test_uploads_that_wait(people: dict[str, User], fail_with: FailWith) -> None:
    for name in NAMES:
        facts = {"scope": "user.lead", "name": name, "rse": "A", "size": 2, "expires_at": timezone.now() + timedelta(hours=1)}
        Upload.objects.create(by=people["lead"], lake="escape", **facts)
    mended = fail_with(upload_notices, "odd")
    upload_notices.report_waiting()
    assert told() == {"first", "last"}
    mended()
    upload_notices.report_waiting()
    assert told() == set(NAMES)


def test_notebooks_that_end(people: dict[str, User], fail_with: FailWith) -> None:
    hub = Service(ServiceKind.JUPYTERHUB, "hub", "Test hub", "http://127.0.0.1:9", options={"max_age_minutes": 60})
    for name in NAMES:
        project, began = make_project(slug=name, title=name, lead=people["lead"]), timezone.now() - timedelta(minutes=40)
        known = {"project": project, "by": people["lead"], "hub": hub.name, "server": name, "key": uuid.uuid4()}
        Session.objects.create(**known, state=Session.State.READY, started_at=began)
    mended = fail_with(notebook_notices, "odd")
    notebook_notices.report_ends(hub)
    assert told() == {"first", "last"}
    mended()
    notebook_notices.report_ends(hub)
    assert told() == set(NAMES)


@pytest.mark.parametrize("facts", [{"state": "STUCK"}, {"expires": timezone.now() + timedelta(days=2)}])
def test_rules(people: dict[str, User], fail_with: FailWith, facts: dict[str, object]) -> None:
    plain = rucio.Rule("", "user.lead", "", "DATASET", "lead", "OK", 1, "A")
    rules = [replace(plain, id=name, name=name, **facts) for name in NAMES]
    lake = service(ServiceKind.RUCIO)
    mended = fail_with(account_watch, "odd")
    account_watch.look_at_rules(people["lead"], lake, rules)
    assert told() == {"first", "last"}
    mended()
    account_watch.look_at_rules(people["lead"], lake, rules)
    assert told() == set(NAMES)
    assert StuckRule.objects.count() == Event.objects.filter(kind=lake_notices.STUCK.key).count()
