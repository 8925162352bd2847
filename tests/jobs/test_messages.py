"""Messages to the workers: all run out, and none is sent of what is not committed. Seen at the real broker."""

import inspect
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery import Celery
from celery.beat import Scheduler
from celery.signals import before_task_publish
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from datalake.access import services as access_services
from datalake.access.restrictions import restriction
from datalake.operations import services as act_services
from datalake.operations.kinds.collections import Close
from datalake.operations.models import Operation
from datalake.uploads import services as upload_services
from datalake.uploads import spool
from datalake.uploads.models import Upload
from projects.notebooks import services as notebook_services
from projects.notebooks.models import Session
from projects.workflows import services as run_services
from projects.workflows.models import Run
from tests.factories import make_person
from vre_portal.celery import app
from vre_portal.services import Service, ServiceKind, service

pytestmark = pytest.mark.integration("redis")
QUEUE = "jobs-test"
DAY = timedelta(days=1)


@pytest.fixture
def sent() -> Iterator[list[dict[str, Any]]]:
    """The headers of each message that goes to the broker meanwhile, which keeps it apart from everybody's."""
    headers: list[dict[str, Any]] = []

    def note(sender: str, headers: dict[str, Any], **_: Any) -> None:
        found.append({"task": sender, **headers})

    found, before = headers, app.conf.task_default_queue
    before_task_publish.connect(note)
    app.conf.task_default_queue = QUEUE
    app.amqp._producer_pool = None
    try:
        yield headers
    finally:
        before_task_publish.disconnect(note)
        app.conf.task_default_queue = before
        with app.connection_for_write() as connection:
            connection.default_channel.queue_purge(QUEUE)


def own_tasks() -> list[str]:
    app.loader.import_default_modules()
    return sorted(name for name in app.tasks if not name.startswith("celery."))


def expires(headers: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(headers["expires"]) - timezone.now()


def test_every_message_of_every_task_runs_out(sent: list[dict[str, Any]]) -> None:
    for name in own_tasks():
        task = app.tasks[name]
        needed = [item for item in inspect.signature(task.run).parameters.values() if item.default is item.empty]
        task.apply_async(tuple("0" for _ in needed), queue=QUEUE)
    assert {item["task"] for item in sent} == set(own_tasks())
    assert {item["task"]: item["expires"] for item in sent if not item["expires"]} == {}
    assert all(timedelta(0) < expires(item) <= DAY for item in sent)


def test_every_entry_of_the_schedule_names_a_task_and_has_gone_when_the_next_is_due() -> None:
    names = own_tasks()
    assert len(settings.CELERY_BEAT_SCHEDULE) > 8
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in names
        assert 0 < entry["options"]["expires"] <= max(10, entry["schedule"])


@pytest.mark.parametrize("entry", list(settings.CELERY_BEAT_SCHEDULE))
def test_what_the_schedule_sends_runs_out(sent: list[dict[str, Any]], entry: str) -> None:
    """As beat itself sends it."""
    found, scheduler = settings.CELERY_BEAT_SCHEDULE[entry], Scheduler(app, schedule={}, lazy=True)
    scheduler.apply_async(scheduler.Entry(**found, name=entry, app=app), advance=False)
    assert timedelta(0) < expires(sent[0]) <= timedelta(seconds=max(10, found["schedule"]))


Press = Callable[[], object]


@pytest.fixture
def presses(
    transactional_db: None, run: Run, operation: Operation, upload: Upload, access: Any, session: Session
) -> dict[str, tuple[str, Press]]:
    """Each thing that people do and a worker hears of: the task that is told, and the doing."""
    by, project = run.by, run.project
    hub = Service(ServiceKind.JUPYTERHUB, "other-hub", "Hub", "http://127.0.0.1:9")
    launch = {"by": by, "project": project, "specification": run.specification, "parameters": {}, "inputs": {}, "server": "nowhere"}
    keep = {"lake": "escape", "scope": "TEST_SP", "dataset": "DM.Y", "paths": [], "rse": "A", "copy_rse": "B"}
    failed = Upload.objects.create(by=by, lake="escape", scope="a", name="c", rse="A", size=0, state="failed", sha256="0" * 64)
    spool.make(failed.pk)
    receiving = Upload.objects.create(by=by, lake="escape", scope="a", name="d", rse="A", size=0)
    refused = Operation.objects.create(by=by, lake="escape", kind="close", state="refused")
    waiting = Session.objects.create(by=by, project=project, hub="third", server="x", key=uuid.uuid4(), state="sign-in")
    owner, outsider = make_person("lead", groups=["escape/leads"]), make_person("outsider")
    restricted = restriction(service(ServiceKind.RUCIO, "escape"), "KM3NET_EMBARGO_SP")
    assert restricted is not None
    given = {"by": owner, "restriction": restricted, "user": outsider, "until": None}
    return {
        "launch": ("workflows.submit", lambda: run_services.launch(**launch, key=uuid.uuid4())),
        "stop a run": ("workflows.stop", lambda: run_services.stop(by=by, run=run)),
        "keep": ("workflows.keep", lambda: run_services.keep(by=by, run=run, key=uuid.uuid4(), **keep)),
        "open a notebook": ("notebooks.start", lambda: notebook_services.open_session(by=by, project=project, hub=hub, key=uuid.uuid4())),
        "go on": ("notebooks.start", lambda: notebook_services.go_on(session=waiting)),
        "stop a notebook": ("notebooks.stop", lambda: notebook_services.stop_session(session=session)),
        "ask a lake": ("lake.perform", lambda: act_services.enqueue("close", lake="escape", by=by, arguments=Close("a", "b"))),
        "ask again": ("lake.perform", lambda: act_services.retry(by=by, operation=refused)),
        "whole": ("lake_uploads.proceed", lambda: upload_services.whole(receiving)),
        "upload again": ("lake_uploads.proceed", lambda: upload_services.retry(failed)),
        "grant": ("access.carry", lambda: access_services.grant(**given)),
        "end": ("access.carry", lambda: access_services.end(by=by, grant=access)),
    }


PRESSES = (
    "launch", "stop a run", "keep", "open a notebook", "go on", "stop a notebook",
    "ask a lake", "ask again", "whole", "upload again", "grant", "end",
)  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", PRESSES)
def test_a_worker_is_told_once_the_row_is_committed_and_never_where_it_is_not(
    presses: dict[str, tuple[str, Press]], sent: list[dict[str, Any]], what: str
) -> None:
    assert set(presses) == set(PRESSES)
    task, press = presses[what]
    with transaction.atomic():
        press()
        transaction.set_rollback(True)
    assert sent == []
    with transaction.atomic():
        press()
        assert sent == []
    assert [item["task"] for item in sent] == [task]


def test_a_broker_that_is_away_keeps_nobody_waiting() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        away = Celery(broker=f"redis://127.0.0.1:{nobody.getsockname()[1]}/0")
        away.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
        begin = time.monotonic()
        with pytest.raises(OperationalError):
            away.send_task("any", retry=False)
        assert time.monotonic() - begin < 4  # six seconds by default
