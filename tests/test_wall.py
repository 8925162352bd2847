"""Every route x every sort of visitor x public, members-only and embargoed projects: generated from the URLconf, so that no route is forgotten."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from datalake.models import PublicDownload
from projects.models import Project, Role
from projects.notebooks.models import Session
from projects.onboarding.models import Plan, PlanItem
from projects.workflows.entering.saving import add_version
from projects.workflows.models import Entry, Result, Run, RunFile, Specification, SpecificationVersion
from tests.factories import make_banner, make_news, make_project, make_rendering, make_resource, make_webhook
from tests.wall import RULES, VISITORS, WEBHOOK_ACTS, WEBHOOK_PAGES, Rule, expected, routes
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
Addresses = dict[str, str]
# Each sort of project; an embargo ends by itself.
SORTS: dict[str, dict[str, Any]] = {
    "public": {"visibility": Project.Visibility.PUBLIC},
    "members": {"visibility": Project.Visibility.MEMBERS},
    "embargoed": {"embargo_until": timezone.now() + timedelta(days=1)},
    "lifted": {"embargo_until": timezone.now() - timedelta(seconds=1)},
}
pytestmark = pytest.mark.django_db
TEXT = """
inputs: {parameters: {years: 10}}
workflow: {type: serial, specification: {steps: [{name: only, environment: python, commands: ["echo 1"]}]}}
outputs: {files: [plot.png]}
"""


def make_run(project: Project, by: User) -> Run:
    """A run that ended, left a picture and is published: what is not published is in tests/workflows/test_who_sees_runs.py."""
    specification = Specification.objects.create(project=project, name="analysis", title="Analysis", text=TEXT)
    for text in (TEXT, f"{TEXT}\n"):
        add_version(specification, by=by, text=text, files={}, data={}, origin=SpecificationVersion.Origin.EDITOR)
    run = Run.objects.create(
        project=project, number=1, by=by, specification=specification, text=TEXT, key=uuid.uuid4(), server="reana",
        name=f"vre-{uuid.uuid4()}", status=Run.Status.FINISHED, published_at=timezone.now(), steps=[{"number": 1, "log": "done"}],
    )  # fmt: skip
    output = RunFile(run=run, path="plot.png", size=4, sha256="0" * 64)
    output.file.save("plot.png", ContentFile(b"\x89PNG"))
    return run


@pytest.fixture
def addresses(request: pytest.FixtureRequest, people: dict[str, User], settings: Any, tmp_path: Any) -> Addresses:
    """An address for each route, in a project that is public; for other sorts of projects, the routes of a project alone."""
    settings.MEDIA_ROOT = str(tmp_path)
    sort = getattr(request, "param", "public")
    facts = SORTS[sort]
    project = make_project(slug="walled", **facts, lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    project.picture.save("picture.png", ContentFile(b"\x89PNG"))
    run = make_run(project, people["member"])
    Result.objects.present(run)
    rendering = make_rendering(run)
    entry = Entry.objects.create(
        project=project, by=people["lead"], key=uuid.uuid4(), origin=Entry.Origin.EDITOR, state=Entry.State.READ, text=TEXT
    )
    session = Session.objects.create(
        project=project, by=people["member"], key=uuid.uuid4(), hub="hub", server="walled", state=Session.State.STOPPED
    )
    known = {"slug": "walled", "number": run.number, "lake": "escape", "scope": "KM3NET_ECAP_SP", "rule": "0" * 32}
    known["key"] = str(uuid.uuid4())
    known |= {"step": "data", "job": 1, "item": 0, "link": 0}
    plan_item = PlanItem.objects.create(plan=Plan.objects.create(project=project), title="Ask for space")
    known |= {"upload": uuid.UUID(int=0), "rest": "nothing/"}
    known |= {"provider_id": "iam", "doi": "10.5281/zenodo.0", "concept": "0", "style": "bibtex"}
    known |= {"app_label": "projects", "object_id": str(project.pk)}
    known |= {"source": "projects", "section": "figures"}
    news, project_news, banner = make_news(), make_news(project), make_banner()
    for item in (news, project_news):
        item.picture.save("picture.png", ContentFile(b"\x89PNG"))
    count = PublicDownload.objects.create(lake="escape", scope="KM3NET_ECAP_SP", day=timezone.now().date(), kind="file")
    webhook, delivery = make_webhook(project, people["lead"])
    special = {
        **{f"project-webhooks:{name}": {"pk": webhook.pk, "number": delivery.pk} for name in (*WEBHOOK_PAGES, *WEBHOOK_ACTS)},
        "admin:datalake_publicdownload_change": {"object_id": str(count.pk)},
        "admin:datalake_publicdownload_history": {"object_id": str(count.pk)},
        "admin:iam_user_change": {"object_id": str(people["member"].pk)},
        "admin:iam_user_history": {"object_id": str(people["member"].pk)},
        "admin:iam_user_sessions": {"pk": people["member"].pk},
        "admin:projects_membership_change": {"object_id": str(project.memberships.all()[0].pk)},
        "admin:projects_membership_history": {"object_id": str(project.memberships.all()[0].pk)},
        "projects:resource-remove": {"pk": make_resource(project).pk},
        "projects:reference": {"pk": make_resource(project).pk},
        "projects:reference-move": {"pk": make_resource(project).pk},
        "projects:invitation": {"secret": "no-such-secret"},
        "notices:feed": {"secret": "no-such-secret"},
        "activity:personal-feed": {"secret": "no-such-secret"},
        "plan-shared": {"secret": "no-such-secret"},
        **{f"baskets:{name}": {"secret": "no-such-secret"} for name in ("shared", "shared-copy")},
        "baskets:shared-target": {"secret": "no-such-secret", "key": "table"},
        "baskets:current-target": {"key": "table"},
        "baskets:target": {"key": "table"},
        **{f"plan:{name}": {"pk": plan_item.pk} for name in ("item", "tick", "move", "remove")},
        "notices_mail:unsubscribe": {"token": "no-such-token"},
        "profiles:person": {"key": uuid.UUID(int=0)},
        "personal_tokens:revoke": {"pk": 0},
        "allowances:part": {"key": "runs"},
        "requests:new": {"key": "environment"},
        "projects:people-change": {"pk": project.memberships.get(group="escape/km3net").pk},
        **{f"workflows:{name}": {"name": "analysis"} for name in ("hints", "badge", "badge-drawing")},
        **{name: {"name": "analysis"} for name in RULES if name.startswith("notebook-pages:")},
        "notebook-pages:picture": {"name": "analysis", "rendering": rendering.pk, "number": 0},
        "workflows:launch-template": {"pk": 0},
        **{name: {"pk": run.outputs.get().pk} for name in ("workflows:file", "workflows:file-preview", "workflows:file-thumbnail")},
        "workflows:file-by-name": {"name": "plot.png"},
        **{name: {"name": "analysis"} for name in RULES if name.startswith(("workflows:specification", "workflows:versions"))},
        **{f"workflows:{name}": {"pk": entry.pk} for name in ("entry", "entry-choose", "entry-discard")},
        "workflows:version-restore": {"name": "analysis"},
        "datalake:rse": {"name": "DEMO-ANNECY"},
        "lake_acts:rule-act": {"kind": "nothing"},
        "lake_acts:press": {"kind": "nothing"},
        **{f"news:{name}": {"pk": news.pk} for name in ("item", "picture", "edit", "delete", "restore")},
        **{f"project-news:{name}": {"pk": project_news.pk} for name in ("edit", "delete", "restore")},
        **{f"site-texts:{name}": {"text_name": "headline"} for name in ("edit", "history", "restore")},
        **{f"banners:{name}": {"pk": banner.pk} for name in ("edit", "end", "dismiss")},
        "banners:shown": {"state": "none"},
        "stop-switches:edit": {"kind": "reana", "service_name": "reana", "action": "runs"},
        "stop-switches:off": {"pk": 0},
    }
    known |= {"pk": session.pk, "name": "DM.Events", "file": 0, "environment": "no-such-environment"}
    asked = [(name, keys) for name, keys in routes() if sort == "public" or "slug" in keys]
    return {name: reverse(name, kwargs={key: {**known, **special.get(name, {})}[key] for key in keys}) for name, keys in asked}


each_sort = pytest.mark.parametrize("addresses", list(SORTS), indirect=True)


def test_every_route_has_a_rule() -> None:
    found = {name for name, _ in routes()}
    assert found - RULES.keys() <= {"styleguide"}, "a new route needs a rule in tests/wall.py"
    assert RULES.keys() - found == set(), "a rule for a route that is gone"


@each_sort
@pytest.mark.parametrize("visitor", VISITORS)
def test_each_visitor_gets_what_the_rules_say(signed_in: SignIn, addresses: Addresses, request: Any, visitor: str) -> None:
    public = Project.objects.get().is_public
    browser, wrong = signed_in(visitor), []
    for name, where in addresses.items():
        reply = browser.get(where)
        wanted = expected(RULES[name], visitor, public=public)
        if reply.status_code not in wanted:
            wrong.append(f"{name} {where}: {reply.status_code} instead of {sorted(wanted)}")
        if visitor == "anonymous" and not RULES[name].open and not reply.get("Location", "").startswith("/accounts/login/?next="):
            wrong.append(f"{name} {where}: does not lead to the sign-in")
    assert wrong == []


@each_sort
@pytest.mark.parametrize("visitor", VISITORS)
def test_who_may_not_do_a_thing_cannot_post_it_either(signed_in: SignIn, addresses: Addresses, visitor: str) -> None:
    public = Project.objects.get().is_public
    browser, wrong = signed_in(visitor), []
    before = counts()
    for name in addresses:
        rule = RULES[name]
        wanted = expected(rule, visitor, public=public, post=True)
        if rule.permission and wanted & {302, 403, 404} and not wanted & {200}:
            status = browser.post(addresses[name], {"key": str(uuid.uuid4())}).status_code
            if status not in wanted | {405}:
                wrong.append(f"{name}: {status} instead of {sorted(wanted)}")
    assert wrong == []
    assert counts() == before


def counts() -> list[object]:
    """What a stranger's POST must leave as it is."""
    project = Project.objects.get()
    states = (list(Run.objects.values_list("status", "stop_asked_at")), list(Session.objects.values_list("state", flat=True)))
    return [*states, project.resources.count(), project.memberships.count()]


@pytest.mark.parametrize("visitor", ["anonymous", "lead"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_no_route_takes_an_unsafe_request_of_another_site(signed_in: SignIn, addresses: Addresses, visitor: str, method: str) -> None:
    browser = signed_in(visitor, enforce_csrf_checks=True)
    answers = {name: getattr(browser, method)(where).status_code for name, where in addresses.items()}
    refused = {name: refusals(RULES[name]) for name in addresses}
    assert {name: status for name, status in answers.items() if status not in refused[name]} == {}


def refusals(rule: Rule) -> set[int]:
    """The statuses with which a request of another site is refused: where no cookie is looked at, for want of a token."""
    if rule.for_programs:
        return {401, 404, 405}
    return {400, 401, 405} if rule.signed else {404, 405} if rule.signed_link else {403}


@each_sort
def test_what_is_for_some_stays_out_of_shared_caches(signed_in: SignIn, addresses: Addresses) -> None:
    browser = signed_in("member")
    for name, where in addresses.items():
        reply = browser.get(where)
        shared = "public" in reply.get("Cache-Control", "")
        assert not shared or (RULES[name].open and Project.objects.get().is_public), name


ASKED = ("q", "page", "after", "before", "from", "specification", "seen", "state", "code", "error", "name", "scope", "type", "pattern", "next",
         "sort", "keyword", "resource_type", "licence", "download", "go", "again", "service", "iam", "hdu", "iss", "fresh", "did")  # fmt: skip
ENDS = ("account_logout", "iam:sessions", "iam:erase")  # they end what the rest needs, so they come last
ODD_NAMES = ("\0", "..", "'\"<>%", "\u202e\u00b2", "a" * 3000)
# Without NUL, with which a request ends before it is looked at: tests/test_wall_of_text.py.
ODD = ("\u00b2", "-1", "9" * 40, "'\"<>", "%", "\ud7ff\u202e", "a" * 3000, "[]", "1e999")


def odd_question(start: int) -> dict[str, str]:
    """Neighbouring names with different values; the start says which."""
    return {name: ODD[(start + 2 * place) % len(ODD)] for place, name in enumerate(ASKED)}


@pytest.mark.parametrize("turn", range(4))
def test_no_page_fails_for_an_odd_question(signed_in: SignIn, addresses: Addresses, turn: int) -> None:
    """Each name has four of the values on each page, and every value on some page."""
    browser = signed_in("member")
    browser.raise_request_exception = False
    failed = {}
    for number, (name, where) in enumerate(addresses.items()):
        question = odd_question(4 * turn + number)
        reply = browser.get(where, {**question, "format": "json"})
        replies = [reply]
        if is_json(reply) or reply.status_code >= 400:  # else it does not look at the format, and the page is the same without
            replies.append(browser.get(where, question))
        statuses = [answer.status_code for answer in replies if answer.status_code >= 500 and answer.status_code not in (502, 503)]
        if statuses:
            failed[name] = statuses
    assert failed == {}


def is_json(reply: Any) -> bool:
    return "json" in reply.get("Content-Type", "")


@pytest.mark.parametrize("visitor", ["anonymous", "member"])
@pytest.mark.parametrize("odd", ODD_NAMES)
def test_no_page_fails_for_an_odd_address(signed_in: SignIn, addresses: Addresses, visitor: str, odd: str) -> None:
    browser = signed_in(visitor)
    browser.raise_request_exception = False
    failed = {}
    for name, keys in sorted(routes(), key=lambda route: route[0] in ENDS):
        if not keys and odd != ODD_NAMES[0]:
            continue  # an address without a name in it is the same whatever is odd: asked once
        known = {
            "slug": "walled",
            "secret": odd,
            "lake": "escape",
            "key": str(uuid.UUID(int=0)),
            "provider_id": "iam",
            "concept": "x" * 200,
            "environment": "x" * 200,
            "style": "x" * 200,
            "app_label": "x" * 50,
            "number": 10**30,
            "pk": 10**30,
            "file": 10**30,
            "job": 10**30,
            "item": 10**30,
            "link": 10**30,
            "rendering": 10**30,
            "step": "x",
            "token": odd,
            "upload": uuid.UUID(int=0),
            "rest": odd,
            "source": "x",
            "text_name": "x",
            "section": "x",
        }
        where = reverse(name, kwargs={key: known.get(key, odd) for key in keys})
        for method in (browser.get, browser.post):
            if (status := method(where).status_code) == 500:
                failed[f"{name} {method.__name__}"] = status
    assert failed == {}


def test_closed_is_what_the_middleware_sees(addresses: Addresses) -> None:
    for name, where in addresses.items():
        view = resolve(where).func
        assert getattr(view, "login_required", True) != RULES[name].open, name


@pytest.mark.parametrize("visitor", ["anonymous", "member"])
def test_no_page_fails_without_redis(signed_in: SignIn, addresses: Addresses, settings: Any, visitor: str) -> None:
    browser = signed_in(visitor)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    browser.raise_request_exception = False
    answers = {name: browser.get(where).status_code for name, where in addresses.items() if name != "readyz"}
    assert {name: status for name, status in answers.items() if status == 500} == {}
    assert browser.get("/me/").status_code == (302 if visitor == "anonymous" else 200)
