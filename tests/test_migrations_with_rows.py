"""Migrations go forward on a database that an earlier version has filled, and what stood in it is what the new version reads."""

import unicodedata
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from projects.models import Membership, Project
from projects.notebooks.models import Session
from projects.workflows.models import Keep, Run, RunFile, RunOrigin
from vre_portal.iam.models import Identity, User
from vre_portal.iam.models import UserSession as SignedIn

pytestmark = pytest.mark.rare(group="migrations")

# The Data Lake is not among them: an earlier version without it has none of its tables.
EARLIER = [
    ("iam", "0005_backchannel"),
    ("projects", "0002_embargo"),
    ("workflows", "0006_workspace_files"),
    ("notebooks", "0003_jobs"),
    ("audit", "0001_initial"),
    ("software", "0001_initial"),
    ("kept", "0001_kept"),
    ("policies", "0001_initial"),
    ("sessions", "0001_initial"),
]
THEN = datetime(2026, 11, 1, 12, tzinfo=UTC)
COMPOSED = "escape/caf\u00e9"  # é as one character
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)
ISSUER = "https://iam.example.org/"


@pytest.fixture(scope="module")
def earlier_rows(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """A database of its own at the earlier states, filled, and then migrated as an upgrade does it; how many rows each old table had."""
    shared = connection.settings_dict["NAME"]
    own = connection.ops.quote_name(f"{shared}_earlier")
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {own}")
            cursor.execute(f"CREATE DATABASE {own}")
        connection.close()
        connection.settings_dict["NAME"] = f"{shared}_earlier"
        try:
            executor = MigrationExecutor(connection)
            executor.migrate(EARLIER)
            state = executor.loader.project_state(EARLIER).apps
            fill(state)
            counts = {model._meta.db_table: model.objects.count() for model in state.get_models()}
            call_command("migrate", verbosity=0)
            yield counts
        finally:
            connection.close()
            connection.settings_dict["NAME"] = shared
            with connection.cursor() as cursor:
                cursor.execute(f"DROP DATABASE {own} WITH (FORCE)")


def fill(old: Any) -> None:
    """Rows as the earlier version wrote them, odd ones among them."""
    ada, bob, cay = (person(old, name, groups) for name, groups in (("ada", [DECOMPOSED, "escape", 7]), ("bob", []), ("cay", ["escape"])))
    old.get_model("iam", "UsedLogout").objects.create(issuer=ISSUER, jti="one")
    old.get_model("kept", "Kept").objects.create(user=ada, path="/projects/new/", sealed="secret")
    projects = {
        "open": project(old, "open", visibility="public"),
        "closed": project(old, "closed", visibility="members"),
        "opened": project(old, "opened", visibility="members", embargo_until=THEN),
        "embargoed": project(old, "embargoed", visibility="members", embargo_until=timezone.now() + timedelta(days=9)),
    }
    membership = old.get_model("projects", "Membership")
    membership.objects.create(project=projects["open"], user=ada, role="lead")
    membership.objects.create(project=projects["open"], group=DECOMPOSED, role="member")
    membership.objects.create(project=projects["closed"], group=COMPOSED, role="lead")
    membership.objects.create(project=projects["closed"], group=DECOMPOSED, role="viewer")
    old.get_model("projects", "Resource").objects.create(project=projects["open"], kind="did", service="escape", identifier="S:n")
    for number, item in enumerate(projects.values(), 1):
        runs(old, item, ada, number)
    notebook_sessions(old, projects["closed"], [ada, bob, cay])
    old.get_model("software", "Harvest").objects.create(service="zenodo", state="done")


def person(old: Any, name: str, groups: list[Any]) -> Any:
    """Somebody with an identity, a token and a browser that is signed in."""
    facts = {"issuer": ISSUER, "subject": name, "name": name.title()}
    user = old.get_model("iam", "User").objects.create(groups=groups, groups_seen_at=THEN, last_login=THEN, **facts)
    old.get_model("iam", "Identity").objects.create(user=user, used_at=THEN, **facts)
    old.get_model("iam", "Token").objects.create(user=user, issuer=ISSUER, expires_at=THEN, fresh_until=THEN, access="a", refresh="r")
    session = old.get_model("sessions", "Session").objects.create(session_key=f"key-of-{name}", session_data="x", expire_date=THEN)
    seen = {"device": "Firefox", "signed_in_at": THEN, "last_seen_at": THEN}
    old.get_model("iam", "UserSession").objects.create(user=user, session=session, sid=f"sid-{name}", **seen)
    return user


def project(old: Any, slug: str, **facts: Any) -> Any:
    return old.get_model("projects", "Project").objects.create(slug=slug, title=slug.title(), **facts)


def runs(old: Any, project: Any, by: Any, number: int) -> None:
    """A run that ended with outputs and a kept result, one that is under way, and one whose inputs are odd."""
    specification = old.get_model("workflows", "Specification").objects.create(project=project, name="fit", title="Fit", text="x")
    inputs = {
        "data/a.fits": {"lake": "escape", "did": "KM3NET_SP:a.fits"},
        "data/b.fits": {"lake": "escape", "did": "KM3NET_SP:b.fits"},
        "data/c.fits": {"lake": "escape", "did": "MAGIC_SP:c.fits"},
    }
    odd: dict[str, Any] = {"x": "a text", "y": {}, "z": {"lake": "l" * 99, "did": "s" * 400 + ":n"}, "w": {"lake": "escape", "did": None}}
    states = (("finished", inputs, THEN), ("running", {}, None), ("failed", odd, THEN))
    for place, (status, given, ended) in enumerate(states, 1):
        run = old.get_model("workflows", "Run").objects.create(
            project=project, specification=specification, by=by, number=place, key=uuid.uuid4(), server="reana",
            name=f"vre-{number}-{place}", status=status, inputs=given, finished_at=ended, collected_at=ended, text="x",
        )  # fmt: skip
        if status == "finished":
            files = old.get_model("workflows", "RunFile").objects
            files.create(run=run, path="plot.png", size=3, sha256="0" * 64, file="runs/plot.png", state="copied")
            files.create(run=run, path="big.root", size=None, state="left", is_declared=False, reason="Not copied when the run ended.")
            old.get_model("workflows", "Keep").objects.create(
                run=run, by=by, key=uuid.uuid4(), lake="escape", scope="KM3NET_SP", dataset=f"DM.{number}", paths=["plot.png"],
                uploaded=["plot.png"], rse="A", copy_rse="B", rule="0" * 32, status="OK",
            )  # fmt: skip


def notebook_sessions(old: Any, project: Any, people: list[Any]) -> None:
    """One that runs with data, one that was asked for, one that ended."""
    for by, state in zip(people, ("ready", "asked", "stopped"), strict=True):
        old.get_model("notebooks", "Session").objects.create(
            by=by, project=project, key=uuid.uuid4(), hub="hub", server=f"vre-{state}", state=state, lake="escape", did="s:" + "n" * 318
        )


def test_every_row_is_still_there_and_every_table_can_be_read(earlier_rows: dict[str, int]) -> None:
    now = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True) if model._meta.managed}
    lost = {
        table: (count, now[table]._base_manager.count())
        for table, count in earlier_rows.items()
        if table in now and now[table]._base_manager.count() < count
    }
    lost.pop(Membership._meta.db_table)  # of two spellings of one group one is left: below
    assert not lost
    assert not earlier_rows.keys() - now.keys()
    for model in now.values():
        list(model._base_manager.all()[:5])  # raises where a column is missing
    assert sum(earlier_rows.values()) > 50


def test_people_keep_their_groups_sessions_and_tokens(earlier_rows: dict[str, int]) -> None:
    ada, bob = User.objects.get(subject="ada"), User.objects.get(subject="bob")
    assert (ada.groups, bob.groups) == (["escape", COMPOSED], [])
    own = Identity.objects.get(user=ada)
    assert (own.groups, own.groups_seen_at, own.groups_left_out) == (ada.groups, THEN, 0)
    assert Identity.objects.get(user=bob).groups == []
    assert [item.sid for item in SignedIn.objects.order_by("user__subject")] == ["sid-ada", "sid-bob", "sid-cay"]
    assert list(ada.tokens.values_list("access", "refresh", "issuer")) == [("a", "r", ISSUER)]


def test_a_group_in_two_spellings_has_the_lesser_role(earlier_rows: dict[str, int]) -> None:
    roles = {item.project.slug: (item.group, item.role) for item in Membership.objects.exclude(group="").select_related("project")}
    assert roles == {"open": (COMPOSED, "member"), "closed": (COMPOSED, "viewer")}
    assert Membership.objects.exclude(group="").count() == 2


def test_runs_have_the_scopes_that_they_read_and_those_that_everybody_could_read_are_noted(earlier_rows: dict[str, int]) -> None:
    assert Run.objects.count() == 3 * Project.objects.count() == 12
    assert {run.project.slug for run in Run.objects.filter(was_public=True)} == {"open", "opened"}
    assert not Run.objects.exclude(published_at=None).exists()
    for run in Run.objects.filter(number=1):
        assert [(item.lake, item.scope, item.confirmed_at) for item in run.origins.all()] == [
            ("escape", "KM3NET_SP", None),
            ("escape", "MAGIC_SP", None),
        ]
        assert [(item.path, item.state) for item in run.outputs.order_by("path")] == [("big.root", "left"), ("plot.png", "copied")]
    assert not RunOrigin.objects.filter(run__number=2).exists()
    assert RunOrigin.objects.filter(run__number=3, lake="l" * 60, scope="s" * 300).count() == 4
    assert Keep.objects.filter(status="OK").count() == RunFile.objects.filter(state="copied").count() == 4


def test_notebook_sessions_go_on_and_longer_names_fit(earlier_rows: dict[str, int]) -> None:
    states = {item.state: item for item in Session.objects.all()}
    assert set(states) == {"ready", "asked", "stopped"}
    assert {(item.at_limit, item.why) for item in states.values()} == {(False, "")}
    ready = states["ready"]
    ready.did = "s" * 98 + ":" + "n" * 500
    ready.save(update_fields=("did",))
    assert Session.objects.get(pk=ready.pk).did == ready.did


def test_there_is_nothing_left_to_migrate(earlier_rows: dict[str, int]) -> None:
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
