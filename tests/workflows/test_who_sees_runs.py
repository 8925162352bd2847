"""Every address that takes a run's number, and every list that could name a run, as every sort of reader."""

import uuid
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.models import Membership, Project, Role
from projects.workflows.models import Keep, Run, RunFile, RunOrigin, Specification
from tests.factories import make_project
from tests.wall import RULES, routes
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]
EMBARGO = "KM3NET_EMBARGO_SP"
READERS = ("anonymous", "outsider", "newcomer", "member", "lead", "admin")
MEMBERS = {"newcomer", "member", "lead"}
# What a run read, whether it is published and its data confirmed -> who sees it in a public project.
SORTS: dict[str, tuple[tuple[str, ...], bool, bool, set[str]]] = {
    "plain": (("KM3NET_ECAP_SP",), False, False, MEMBERS),
    "restricted": (("KM3NET_ECAP_SP", EMBARGO), False, False, {"member", "lead"}),
    "published": (("KM3NET_ECAP_SP",), True, False, set(READERS)),
    "unconfirmed": ((EMBARGO,), True, False, {"member", "lead"}),
    "confirmed": ((EMBARGO,), True, True, set(READERS)),
    "of a lake that is gone": (("gone/X",), True, False, set()),
}
TEXT = "inputs: {parameters: {CANARY-parameter: 1}}\nworkflow: {type: serial, specification: {steps: [{name: s, environment: e, commands: [c]}]}}"
_numbers = count(1)


def make_run(project: Project, by: User, sort: str, **facts: Any) -> Run:
    """A run whose every text has CANARY with its number."""
    origins, published, confirmed, _ = SORTS[sort]
    number = next(_numbers) + 1000
    mark = f"CANARY{number}"
    specification = Specification.objects.get(project=project, name="s")
    now = timezone.now()
    step = {
        "name": f"{mark}-step",
        "state": "failed",
        "log": f"{mark}-log",
        "log_end": f"{mark}-end",
        "command": f"{mark}-command",
        "environment": "",
    }
    known: dict[str, Any] = {
        "status": Run.Status.FINISHED, "error": f"{mark}-error", "steps": [step], "parameters": {"CANARY-parameter": f"{mark}-value"},
        "inputs": {f"{mark}/in": {"lake": "escape", "did": f"{EMBARGO}:{mark}-input"}}, "name": f"{mark}-{uuid.uuid4().hex}",
        "finished_at": now, "listed_at": now, "collected_at": now, "published_at": now if published else None, "files_note": f"{mark}-note",
    }  # fmt: skip
    run = Run.objects.create(
        project=project,
        number=number,
        by=by,
        specification=specification,
        text=TEXT,
        key=uuid.uuid4(),
        server="reana",
        **{**known, **facts},
    )
    for name in origins:
        lake, _, scope = name.rpartition("/")
        RunOrigin.objects.create(run=run, lake=lake or "escape", scope=scope, confirmed_at=now if confirmed else None)
    output = RunFile(run=run, path=f"{mark}.png", size=4, sha256=f"{number:064}")
    output.file.save("x", ContentFile(b"\x89PNG"))
    Keep.objects.create(
        run=run, by=by, key=uuid.uuid4(), lake="escape", scope="X_SP", dataset=f"{mark}-dataset", paths=["p"], rse="A", copy_rse="B"
    )
    return run


@pytest.fixture
def project(people: dict[str, User], settings: Any, tmp_path: Any) -> Project:
    """`newcomer` is a member who may not read the restricted data; `member` is one who may; `lead` owns them."""
    settings.MEDIA_ROOT = str(tmp_path)
    people["member"].groups = ["escape", "escape/km3net-embargo"]
    people["member"].save()
    made = make_project(slug="walled", lead=people["lead"], visibility=Project.Visibility.PUBLIC)
    for name in ("newcomer", "member"):
        Membership.objects.create(project=made, user=people[name], role=Role.MEMBER)
    Specification.objects.create(project=made, name="s", title="Analysis", text=TEXT)
    return made


def addresses(run: Run) -> dict[str, str]:
    """Every route that takes a run's number, from the URLconf: a new one is walked by itself."""
    known = {"slug": run.project.slug, "number": run.number, "pk": run.outputs.get().pk, "name": run.outputs.get().path, "job": 1}
    return {
        name: reverse(name, kwargs={key: known[key] for key in keys})
        for name, keys in routes()
        if name.startswith("workflows:") and "number" in keys
    }


@pytest.mark.parametrize("sort", list(SORTS))
@pytest.mark.parametrize("reader", READERS)
def test_every_address_of_a_run_is_404_for_whoever_does_not_see_it(
    project: Project, people: dict[str, User], signed_in: SignIn, reader: str, sort: str
) -> None:
    run, absent = make_run(project, people["newcomer"], sort), 999_999
    browser, sees = signed_in(reader), reader in SORTS[sort][3]
    found = addresses(run)
    assert len(found) >= 10
    for name, where in () if sees else found.items():
        post_only = RULES[name].post_only
        send = browser.post if post_only else browser.get
        nowhere = send(where.replace(f"/{run.number}/", f"/{absent}/")).status_code
        assert nowhere in (302, 403, 404)
        for more in ("",) if post_only else ("", "?format=json", "?seen=x"):
            got = send(where + more)
            assert got.status_code == nowhere, f"{name} tells {reader} that there is such a run"
            assert f"CANARY{run.number}" not in text_of(got).replace(f"CANARY{run.number}.png", ""), name  # in the address of the file
    if sees:
        assert {
            browser.get(found[name]).status_code for name in ("workflows:run", "workflows:files", "workflows:file", "workflows:keeps")
        } == {200}


def text_of(reply: Any) -> str:
    """All that came, headers too, without the address that the reader sent."""
    return f"{reply.headers} {b''.join(reply) if reply.streaming else reply.content!r}"


LISTS = (
    "/projects/walled/workflows/", "/projects/walled/workflows/?format=json", "/projects/walled/workflows/?format=csv",
    "/projects/walled/workflows/latest/", "/projects/walled/activity/", "/projects/walled/activity/?format=json",
    "/projects/walled/activity/?format=csv", "/projects/walled/", "/projects/walled/?format=json", "/projects/", "/projects/?format=json", "/",
    "/dashboard/", "/dashboard/runs/", "/me/", "/me/activity/", "/me/export/", "/search/?q=CANARY", "/projects/walled/results/", "/projects/walled/people/",
    "/projects/walled/notebooks/", "/projects/walled/workflows/earlier/",
)  # fmt: skip


@pytest.mark.parametrize("sort", list(SORTS))
@pytest.mark.parametrize("reader", READERS)
def test_no_list_names_a_run_to_whoever_does_not_see_it(
    project: Project, people: dict[str, User], signed_in: SignIn, reader: str, sort: str
) -> None:
    by = people[reader if reader in MEMBERS else "newcomer"]
    browser = signed_in(reader)
    before = {where: shape(browser.get(where)) for where in LISTS}
    run = make_run(project, by, sort, was_public=True)
    links = {"/projects/walled/workflows/", "/projects/walled/workflows/?format=json", "/projects/walled/workflows/?format=csv"}
    for where in LISTS:
        reply = browser.get(where)
        names = (
            f"CANARY{run.number}" in text_of(reply)
            or f"/workflows/{run.number}/" in text_of(reply)
            or f"Run {run.number}" in text_of(reply)
        )
        if reader not in SORTS[sort][3]:
            assert not names, where
            assert shape(reply) == before[where], f"{where} changes for {reader} where there is a run that they do not see"
        elif where in links:
            assert names or f"{run.number}" in text_of(reply), where


def shape(reply: Any) -> tuple[int, int]:
    """Status and how many words: a count that appears changes it, a form's new key does not."""
    return reply.status_code, 0 if reply.streaming or reply.headers.get("Content-Disposition") else len(reply.content.split())


@pytest.mark.parametrize("reader", ["anonymous", "outsider", "lead"])
def test_the_feed_of_a_public_project_has_published_runs_only(
    project: Project, people: dict[str, User], signed_in: SignIn, reader: str
) -> None:
    runs = {sort: make_run(project, people["lead"], sort) for sort in SORTS}
    feed = signed_in(reader).get("/projects/walled/activity/feed.atom").content.decode()
    shown = {sort for sort, run in runs.items() if f"/workflows/{run.number}/" in feed}
    assert shown == {"published", "confirmed"}


@pytest.mark.parametrize("sort", ["restricted", "published"])
def test_a_launch_takes_values_only_of_runs_that_the_person_sees(
    project: Project, people: dict[str, User], signed_in: SignIn, sort: str
) -> None:
    run = make_run(project, people["lead"], sort)
    page = signed_in("newcomer").get(f"/projects/walled/workflows/new/?from={run.number}&specification=s").content.decode()
    assert (f"CANARY{run.number}" in page) == (sort == "published")


def test_the_usual_file_of_an_input_is_not_named_to_whoever_may_not_read_it(project: Project, signed_in: SignIn) -> None:
    text = "inputs: {files: [a.ecsv]}\nworkflow: {type: serial, specification: {steps: [{name: s, environment: e, commands: [c]}]}}"
    Specification.objects.create(
        project=project, name="t", title="T", text=text, data={"a.ecsv": {"lake": "escape", "did": f"{EMBARGO}:secret.ecsv"}}
    )
    where = "/projects/walled/workflows/new/?specification=t"
    assert "secret.ecsv" in signed_in("member").get(where).content.decode()
    page = signed_in("newcomer").get(where).content.decode()
    assert "secret.ecsv" not in page
    assert "You do not have access to the default file of" in page
    use = f"/dashboard/runs/use/?lake=escape&did={EMBARGO}:secret.ecsv"
    assert [">T</a>" in signed_in(name).get(use).content.decode() for name in ("member", "newcomer")] == [True, False]


def test_files_are_asked_for_again_each_time(project: Project, people: dict[str, User], signed_in: SignIn) -> None:
    run = make_run(project, people["lead"], "published")
    where, browser = run.outputs.get().get_absolute_url(), signed_in("anonymous")
    first = browser.get(where)
    assert first["Cache-Control"] == "private, no-cache"
    again = browser.get(where, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    run.unpublish()
    assert browser.get(where, headers={"If-None-Match": first["ETag"]}).status_code == 404
    assert signed_in("lead").get(where, headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_lists_say_what_they_leave_out_in_words_that_are_always_the_same(project: Project, signed_in: SignIn) -> None:
    for reader, words in (
        ("anonymous", "Only project members can see runs that are not published."),
        ("newcomer", "restricted data are listed only for"),
    ):
        assert words in signed_in(reader).get("/projects/walled/workflows/").content.decode()


def test_a_list_costs_the_same_for_many_runs(
    project: Project, people: dict[str, User], signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    browser = signed_in("member")
    for where in (
        "/projects/walled/workflows/",
        "/projects/walled/activity/",
        "/dashboard/runs/",
        "/projects/walled/workflows/?format=csv",
    ):
        browser.get(where)
    for _ in range(8):
        make_run(project, people["member"], "restricted")
        make_run(project, people["member"], "published")
    for where, most in (
        ("/projects/walled/workflows/", 9),
        ("/projects/walled/activity/", 10),
        ("/dashboard/runs/", 6),
        ("/projects/walled/workflows/?format=csv", 7),
    ):
        with django_assert_max_num_queries(most):
            assert browser.get(where).status_code == 200
