"""One job of each kind, as somebody wants it, in nobody's hands."""

import uuid

import pytest
from django.utils import timezone

from catalog.environments.models import EnvironmentTest, EnvironmentVersion
from datalake.access.models import AccessGrant
from datalake.operations.models import Operation
from datalake.uploads.models import Upload
from projects.models import Tombstone
from projects.notebooks.models import HubLogout, Session
from projects.requests.models import Request, RequestAct
from projects.workflows.models import Entry, FetchSecret, Keep, Run, RunDeletion, RunFile, Specification, WholeLog
from tests.factories import make_environment, make_person, make_project, make_webhook
from vre_portal.notices.mail.models import MailJob, Schedule
from vre_portal.notices.webhooks.models import Webhook
from vre_portal.repositories.models import Snapshot

TEXT = "workflow: {type: serial, specification: {steps: []}}"


@pytest.fixture
def run(db: None) -> Run:
    """A run that is queued."""
    person = make_person("lead")
    project = make_project(lead=person, scope="TEST_SP")
    specification = Specification.objects.create(project=project, name="s", title="S", text=TEXT)
    return make_run(specification, number=1, by=person)


def make_run(specification: Specification, **facts: object) -> Run:
    known = {"project": specification.project, "specification": specification, "text": TEXT, "key": uuid.uuid4(), "server": "nowhere"}
    return Run.objects.create(**{**known, "name": Run.new_name(), **facts})


@pytest.fixture
def keep(run: Run) -> Keep:
    """A result that is to be kept."""
    facts = {"lake": "escape", "scope": "TEST_SP", "dataset": "DM.X", "paths": ["out.csv"], "rse": "A", "copy_rse": "B"}
    return Keep.objects.create(run=run, by=run.by, key=uuid.uuid4(), **facts)


@pytest.fixture
def deletion(run: Run) -> RunDeletion:
    """A run that is to be deleted."""
    return RunDeletion.objects.create(run=run, by=run.by, of_run=True)


@pytest.fixture
def whole_log(run: Run) -> WholeLog:
    """A log that somebody wants as a whole."""
    return WholeLog.objects.create(run=run, number=1, expires_at=timezone.now())


@pytest.fixture
def session(run: Run) -> Session:
    """A notebook that somebody wants."""
    return Session.objects.create(by=run.by, project=run.project, hub="hub", server="x", key=uuid.uuid4())


@pytest.fixture
def operation(run: Run) -> Operation:
    """A change to a lake that somebody wants."""
    return Operation.objects.create(by=run.by, lake="escape", kind="close", subjects=["a:b"], arguments={"scope": "a", "name": "b"})


@pytest.fixture
def upload(run: Run) -> Upload:
    """A file of which all has come."""
    return Upload.objects.create(by=run.by, lake="escape", scope="a", name="b", rse="A", size=1, received=1, state=Upload.State.CHECKING)


@pytest.fixture
def access(run: Run) -> AccessGrant:
    """Access that an owner has granted."""
    return AccessGrant.objects.create(lake="escape", scope="a", user=run.by, subject="s")


@pytest.fixture
def act(run: Run) -> RequestAct:
    """A request that was approved and is to be carried out."""
    request = Request.objects.create(by=run.by, kind="environment", state=Request.State.APPROVED)
    return RequestAct.objects.create(request=request, by=run.by)


@pytest.fixture
def mail(run: Run) -> MailJob:
    """Notices of a person that are to be mailed."""
    return MailJob.objects.create(by=run.by, schedule=Schedule.AT_ONCE)


@pytest.fixture
def webhook(run: Run) -> Webhook:
    """A webhook to which something is to be sent."""
    return make_webhook(run.project, run.by)[0]


@pytest.fixture
def logout(run: Run) -> HubLogout:
    """Logins of a person that are to end at a hub."""
    return HubLogout.objects.create(by=run.by, hub="hub", user_name="lead")


@pytest.fixture
def file(run: Run) -> RunFile:
    """An output that is to be copied."""
    return RunFile.objects.create(run=run, path="out.csv", state=RunFile.State.WAITING)


@pytest.fixture
def secret(run: Run) -> FetchSecret:
    """A secret that is at REANA."""
    return FetchSecret.objects.create(run=run, state=FetchSecret.State.MADE)


@pytest.fixture
def snapshot(run: Run) -> Snapshot:
    """A repository that is to be fetched."""
    return Snapshot.objects.create(by=run.by, address="https://git.example.org/group/name.git")


@pytest.fixture
def entry(run: Run) -> Entry:
    """A workflow on its way into a project."""
    return Entry.objects.create(project=run.project, by=run.by, key=uuid.uuid4(), origin=Entry.Origin.EDITOR, text="x")


@pytest.fixture
def tombstone(run: Run) -> Tombstone:
    """A deleted project whose rows are to go."""
    return Tombstone.objects.create(slug=run.project.slug, title=run.project.title, was_public=True, project=run.project)


@pytest.fixture
def environment_version(run: Run) -> EnvironmentVersion:
    """A version whose registry is to be asked."""
    return make_environment().versions.get()


@pytest.fixture
def environment_test(run: Run) -> EnvironmentTest:
    """A test that is under way."""
    found = make_environment(imports=["json"])
    return EnvironmentTest.objects.create(environment=found, version=found.versions.get(), image="x", starter="reana", by=run.by)
