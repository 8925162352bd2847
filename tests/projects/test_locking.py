"""What waits for the lock of a project looks at the project again: nothing is written to one that was archived or deleted meanwhile."""

import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.utils import timezone

from projects import services as resources
from projects.editing import access
from projects.editing import services as texts
from projects.lifecycle import services as lifecycle
from projects.locking import ProjectClosed
from projects.models import Invitation, Membership, Project, Resource, Role
from projects.news import services as news
from projects.notebooks import services as notebooks
from projects.people import invitations
from projects.people import services as people
from projects.people.invitations import InvitationRefused
from projects.people.services import PeopleChangeRefused
from projects.references import services as references
from projects.requests import services as requests
from projects.requests.services import RequestRefused
from projects.workflows import new_runs, publication
from projects.workflows import services as workflows
from projects.workflows.deletion import services as deletion
from projects.workflows.entering import services as entering
from projects.workflows.entering.beginning import EntryRefused
from projects.workflows.inputs import uploads
from projects.workflows.inputs.uploads import NotStored
from projects.workflows.launching import hint_services, templates
from projects.workflows.launching.hints import version_of as version_of_hints
from projects.workflows.launching.templates import NotSaved
from projects.workflows.lists import services as lists
from projects.workflows.models import Result, Run, RunFile, Specification
from projects.workflows.refusals import NotNow
from projects.workflows.restarting import services as restarting
from projects.workflows.restarting.facts import Continuation
from projects.workflows.results import services as results
from tests.factories import make_news, make_person, make_project, make_resource
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind

REFUSALS = (
    ProjectClosed, PeopleChangeRefused, InvitationRefused, RequestRefused, NotNow, lifecycle.EndRefused, NotStored, NotSaved, EntryRefused,
)  # fmt: skip
TEXT = "workflow: {type: serial, specification: {steps: []}}"


def is_waiting() -> bool:
    """Whether another connection waits for a lock in this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees the same all the time
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        return bool(cursor.fetchone()[0])


def run_meanwhile(project: Project, act: Callable[[], object], meanwhile: Callable[[], object]) -> str:
    """The act begins while somebody else has the project, and goes on once `meanwhile` is done and committed: what became of it."""
    outcome = []

    def attempt() -> None:
        try:
            act()
            outcome.append("done")
        except REFUSALS:
            outcome.append("refused")
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is what this test looks for
            outcome.append(repr(error))
        finally:
            connection.close()

    thread = threading.Thread(target=attempt)
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        thread.start()
        until = time.monotonic() + 20
        while thread.is_alive() and not is_waiting() and time.monotonic() < until:
            time.sleep(0.01)
        meanwhile()
    thread.join()
    return outcome[0]


class Parts:
    """A project with one of everything, and all that is done to it."""

    def __init__(self, lead: User, member: User, outsider: User) -> None:
        self.lead, self.member, self.outsider = lead, member, outsider
        self.project = project = make_project(slug="locked", lead=lead, scope="TEST_SP")
        Membership.objects.create(project=project, user=member, role=Role.MEMBER)
        self.first, self.second = make_resource(project, position=1), make_resource(project, position=2)
        self.item = make_news(project, written_by=lead)
        self.request = requests.ask_to_join(by=outsider, project=project, role=Role.MEMBER, text="Please", key=uuid.uuid4())
        self.invite()
        self.link = Invitation.objects.select_related("project", "created_by").get()
        specification = Specification.objects.create(project=project, name="s", title="S", text=TEXT)
        known = {"text": TEXT, "key": uuid.uuid4(), "server": "reana", "name": Run.new_name(), "status": Run.Status.FINISHED}
        self.run = Run.objects.create(project=project, by=lead, specification=specification, number=1, **known)
        self.specification = specification
        known |= {"key": uuid.uuid4(), "name": Run.new_name()}
        self.presented = Run.objects.create(project=project, by=lead, specification=specification, number=2, **known)
        self.result = Result.objects.create(run=self.presented, title="R")
        self.unused = Specification.objects.create(project=project, name="unused", title="U", text=TEXT)
        RunFile.objects.create(run=self.run, path="large.h5", size=1, state=RunFile.State.LEFT)

    def invite(self) -> None:
        expires_at = timezone.now() + timedelta(days=1)
        invitations.create(by=self.lead, project=self.project, role=Role.MEMBER, key=uuid.uuid4(), expires_at=expires_at, max_uses=5)

    def writes(self) -> dict[str, Callable[[], object]]:
        """Those that an archived project refuses."""
        by, project, key = self.lead, self.project, uuid.uuid4()
        removed: dict[str, Any] = {"kind": "link", "service": "", "identifier": "https://example.org/", "added_by": None}
        removed |= {"title": "", "description": "", "note": "", "position": 1, "facts": {}, "added_at": timezone.now().isoformat()}
        words = {"title": "Other", "description": "", "note": ""}
        facts = {"title": "T", "text": "t", "picture_description": "", "publish_at": timezone.now(), "until": None, "is_published": True}
        hub = Service(ServiceKind.JUPYTERHUB, "hub", "Hub", "http://127.0.0.1:9")
        changed = {name: getattr(project, name) for name in texts.TEXTS} | {"title": "Other"}
        return {
            "texts": lambda: texts.edit(by=by, project=project, seen=texts.version(project), texts=changed),
            "picture": lambda: texts.set_picture(by=by, project=project, content=b"", suffix="", description="Other"),
            "reference": lambda: resources.add_resource(by=by, project=project, kind=Resource.Kind.LINK, identifier="https://example.org/"),
            "reference again": lambda: resources.add_resource(
                by=by, project=project, kind=self.first.kind, service="escape", identifier=self.first.identifier, title="Other"
            ),
            "words": lambda: references.edit(by=by, project=project, pk=self.first.pk, seen=self.first.version, words=words),
            "order": lambda: references.move(by=by, project=project, pk=self.first.pk, beside=self.second.pk, is_after=True),
            "removal": lambda: references.remove(by=by, resource=Resource.objects.get(pk=self.first.pk)),
            "undo": lambda: references.restore(by=by, project=project, removed=removed),
            "news": lambda: news.create(by=by, project=project, key=key, facts=facts, picture=None),
            "changed news": lambda: news.edit(
                by=by, item=self.item, seen=self.item.version, facts=facts, picture=None, drops_picture=False
            ),
            "deleted news": lambda: news.delete(by=by, item=self.item),
            "invitation": self.invite,
            "accepted invitation": lambda: invitations.accept(by=self.outsider, invitation=self.link),
            "request": lambda: requests.ask_to_join(by=make_person("newcomer"), project=project, role=Role.MEMBER, text="Me", key=key),
            "comment": lambda: requests.comment(by=by, request=self.request, text="When?", key=key),
            "answer": lambda: requests.grant(by=by, request=self.request, role=Role.MEMBER),
            "launch": lambda: workflows.launch(
                by=by, project=project, specification=self.specification, parameters={}, inputs={}, key=key, server="reana"
            ),
            "kept result": lambda: workflows.keep(
                by=by, run=self.run, key=key, lake="escape", scope="TEST_SP", dataset="D", paths=["a"], rse="A", copy_rse="B"
            ),
            "published run": lambda: publication.publish(by=by, run=self.run, confirmed=[]),
            "notebook": lambda: notebooks.open_session(by=by, project=project, hub=hub, key=key),
        }

    def workflow_writes(self) -> dict[str, Callable[[], object]]:
        """Those of runs, results and workflows."""
        by, project, run, specification = self.lead, self.project, self.run, self.specification
        file, values = SimpleUploadedFile("a.csv", b"a"), templates.Values({}, {}, {})
        hint = {"parameter": "a", "said": {"label": "A"}, "seen": version_of_hints(specification.editor_hints)}
        return {
            "copied files": lambda: workflows.copy_files(by=by, run=run, files=run.outputs.all()),
            "deleted run": lambda: deletion.delete(by=by, run=run, workspace=False, here=True),
            "continued run": lambda: restarting.continue_run(by=by, run=run, how=Continuation(step="fit")),
            "described run": lambda: lists.describe(by=by, run=run, version=lists.version_of(run), title="T", note="", tags=[]),
            "earlier runs": lambda: publication.publish_earlier(by=by, project=project),
            "earlier runs for members": lambda: publication.keep_earlier_for_members(by=by, project=project),
            "presented run": lambda: results.present(by=by, run=run, title="T"),
            "edited result": lambda: results.edit(by=by, result=self.result, version=1, title="Other"),
            "uploaded input": lambda: uploads.store(by=by, project=project, file=file),
            "template": lambda: templates.save(by=by, specification=specification, name="T", shared=True, values=values),
            "hints": lambda: hint_services.save(by=by, specification=specification, **hint),
            "entered workflow": lambda: entering.enter_text(by=by, project=project, key=uuid.uuid4(), text=TEXT),
            "archived workflow": lambda: entering.set_archived(by=by, specification=specification, archived=True),
            "deleted workflow": lambda: entering.delete(by=by, specification=self.unused),
        }

    def managing(self) -> dict[str, Callable[[], object]]:
        """Those that leads may still do in an archived project, and nobody in a deleted one."""
        by, project = self.lead, self.project
        return {
            "person": lambda: people.add_person(by=by, project=project, user=self.outsider, role=Role.MEMBER),
            "group": lambda: people.add_rule(by=by, project=project, group="escape", role=Role.MEMBER),
            "leaving": lambda: people.leave(by=self.member, project=project),
            "visibility": lambda: access.set_visibility(by=by, project=project, to=Project.Visibility.DRAFT),
            "archiving": lambda: lifecycle.archive(by=by, project=project),
            "withdrawn result": lambda: results.withdraw(by=by, result=self.result, reason="Wrong."),
            "deleted result": lambda: results.delete(by=by, result=self.result),
        }


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Parts:
    for module, name in ((workflows, "require_sign_in"), (restarting, "require_launchable"), (new_runs, "require_token_stored")):
        monkeypatch.setattr(module, name, lambda *_, **__: None)
    return Parts(make_person("lead"), make_person("member"), make_person("outsider"))


def refusals(parts: Parts, writes: dict[str, Callable[[], object]], **end: Any) -> dict[str, str]:
    """What each write came to that waited while the project ended; nothing of it is in the record."""
    outcomes = {}
    for name, write in writes.items():
        before = AuditEntry.objects.count()
        outcomes[name] = run_meanwhile(parts.project, write, lambda: Project.objects.filter(pk=parts.project.pk).update(**end))
        Project.objects.filter(pk=parts.project.pk).update(archived_at=None, deleted_at=None)
        if AuditEntry.objects.count() != before:
            outcomes[name] += ", recorded"
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_nothing_that_waited_is_written_to_a_project_that_was_archived_meanwhile(parts: Parts) -> None:
    writes = parts.writes() | parts.workflow_writes()
    assert refusals(parts, writes, archived_at=timezone.now()) == dict.fromkeys(writes, "refused")


@pytest.mark.django_db(transaction=True)
def test_nothing_at_all_that_waited_is_written_to_a_project_that_was_deleted_meanwhile(parts: Parts) -> None:
    writes = parts.writes() | parts.workflow_writes() | parts.managing()
    assert refusals(parts, writes, deleted_at=timezone.now()) == dict.fromkeys(writes, "refused")


@pytest.mark.django_db(transaction=True)
def test_who_answers_a_request_and_who_closes_it_with_its_project_wait_for_each_other_without_an_error(parts: Parts) -> None:
    def close() -> None:
        Project.objects.filter(pk=parts.project.pk).update(archived_at=timezone.now())
        requests.close_all(parts.project, parts.lead, "This project was archived.")

    for act in (
        lambda: requests.grant(by=parts.lead, request=parts.request, role=Role.MEMBER),
        lambda: requests.withdraw(by=parts.outsider, request=parts.request),
    ):
        assert run_meanwhile(parts.project, act, close) == "refused"


@pytest.mark.django_db(transaction=True)
def test_who_asks_to_join_while_a_lead_adds_them_waits_without_an_error(parts: Parts) -> None:
    newcomer = make_person("newcomer")

    def ask() -> object:
        return requests.ask_to_join(by=newcomer, project=parts.project, role=Role.MEMBER, text="Please", key=uuid.uuid4())

    def add() -> object:
        return Membership.objects.create(project=parts.project, user=newcomer, role=Role.MEMBER)

    assert run_meanwhile(parts.project, ask, add) == "refused"
