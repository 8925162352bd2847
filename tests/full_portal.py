"""A portal that holds much of everything that a page may list, so that a query for each thing would be seen."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib.sessions.models import Session as DjangoSession
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from catalog.software.models import Entry as Software
from datalake.index.models import IndexedScope, IndexEntry, SavedSearch, SyncRun
from datalake.models import PublicDownload
from datalake.operations.models import Operation
from datalake.reads import accounts
from datalake.sites.models import Sample
from datalake.uploads.models import Upload
from projects.baskets.models import Basket, BasketItem
from projects.models import Invitation, Membership, Project, Resource, Role
from projects.news.models import NewsItem
from projects.notebooks.models import Session
from projects.onboarding.models import Onboarding, Plan, PlanItem, PlanMatch
from projects.project_events import ADDED
from projects.requests.attachments import CheckedFile, attach
from projects.requests.models import Request, RequestAttachment, RequestComment, RequestEvent
from projects.workflows.entering.saving import add_version
from projects.workflows.models import (
    Entry,
    Keep,
    LaunchTemplate,
    Result,
    Run,
    RunFile,
    RunOrigin,
    Specification,
    SpecificationVersion,
    StoredFile,
)
from tests.factories import make_banner, make_environment, make_news, make_onboarding, make_project, make_stop, make_webhook
from tests.wall import RULES, WEBHOOK_PAGES, routes
from vre_portal.audit import record
from vre_portal.audit.models import Use
from vre_portal.banners.models import Banner
from vre_portal.iam.models import Identity, User, UserSession
from vre_portal.iam.profiles.models import Profile
from vre_portal.models import ServiceState
from vre_portal.notices.models import Event, EventAudience, Follow, Notice
from vre_portal.notices.services import notify
from vre_portal.notices.webhooks.models import Delivery, Webhook
from vre_portal.recent import services as recent
from vre_portal.search import audiences
from vre_portal.search.models import StoredSearch
from vre_portal.services import ServiceKind, service, services
from vre_portal.site_texts.models import TextVersion

TEXT = """
inputs: {files: [events.fits], parameters: {years: 10}}
workflow: {type: serial, specification: {steps: [{name: only, environment: python, commands: ["echo 1"]}]}}
outputs: {files: [plot.png]}
"""
SCOPE = "KM3NET_ECAP_SP"


def note_account(person: User) -> None:
    """The lake has said that it knows the person."""
    accounts.store(person, service(ServiceKind.RUCIO), has_account=True)


def fill(people: dict[str, User], things: range) -> None:
    """One of everything for each number, for the lead and in the project `full`."""
    lead, member = people["lead"], people["member"]
    for item in services():
        ServiceState.objects.get_or_create(kind=item.kind, name=item.name, defaults={"state": "up"})
    for number in things:
        other = make_project(slug=f"other-{number:03}", title=f"Other {number:03}", lead=lead, groups={"escape/km3net": Role.MEMBER})
        other.visibility = Project.Visibility.PUBLIC if number % 2 else Project.Visibility.MEMBERS
        other.save()
        _bind(other, lead, range(2))
        run_of(other, lead, 1)
    full = Project.objects.filter(slug="full").first() or _full(lead)
    for number in things:
        for project in (None, full):
            item = make_news(project, title=f"News {number}", written_by=lead)
            item.picture.save("picture.png", ContentFile(b"\x89PNG"))
        make_news(None, title=f"Draft {number}", is_published=False)
        make_banner(text=f"Banner {number}", created_by=lead)
        make_environment("numpy==2.1.0", slug=f"environment-{number}", owner=lead)
        make_stop("jupyterhub", "hub", "sessions", ended_at=timezone.now(), created_by=lead, ended_by=lead)
        TextVersion.objects.create(name="headline", number=number + 1, text=f"Words {number}", saved_by=lead)
        Sample.objects.create(lake="escape", rse=f"RSE-{number}", at=timezone.now(), used=1)
    for number in things:
        person = User.objects.create(
            issuer="https://iam.example/", subject=f"s-{number}", name=f"Person {number:03}", groups=["escape/km3net"]
        )
        Membership.objects.create(project=full, user=person, role=Role.MEMBER)
        Membership.objects.create(project=full, group=f"escape/group-{number}", role=Role.VIEWER)
        Identity.objects.create(user=lead, issuer=f"https://iam-{number}.example/", subject="x")
        Session.objects.create(
            project=full, by=lead, key=uuid.uuid4(), hub="hub", server=f"s-{number}", state=Session.State.STOPPED, lake="escape",
            did=f"{SCOPE}:file.{number}",
        )  # fmt: skip
        record("project.edit", by=lead, subject="project/full", fields=["title"])
        _session_of(lead, number)
        _asks_of(full, lead, number)
    _bind(full, lead, range(3 * things.start, 3 * things.stop))
    _notices_of(full, lead, things)
    for number in things:
        run_of(full, member if number % 2 else lead, number + 1)
    _at_the_lake(lead, things)
    _baskets_of(lead, full, things)
    _planned(full, lead, things)
    for number in things:
        _webhooks_of(full, lead, number)
        Software.objects.create(
            service="ossr", concept=str(number), record=str(number), title=f"Tool {number}", concept_doi=f"10.5281/zenodo.{number}",
            creators=[{"name": "A. Person"}], keywords=["gamma", f"k{number}"], description="<p>Words</p>", published="2024-01-01",
        ).index()  # fmt: skip


def _asks_of(project: Project, lead: User, number: int) -> None:
    """A request, a comment of it, an invitation and a profile."""
    who = {"issuer": "https://iam.example/", "subject": f"asking-{number}", "name": f"Asking {number:03}"}
    asking = User.objects.create(**who)
    Profile.objects.create(user=asking, audience=Profile.Audience.PUBLIC, expertise=["gammapy"], languages=["Greek"])
    about = {"project": project, "project_title": project.title, "asked_role": Role.MEMBER, "text": "Let me in"}
    item = Request.objects.create(by=asking, **about)
    comment = RequestComment.objects.create(request=item, by=lead, text="Why?")
    attach(lead, item, [CheckedFile("plot.txt", "text/plain", b"x")], comment=comment)
    RequestEvent.objects.create(request=item, by=lead, what="assigned", person=lead)
    item.assignees.add(lead)
    own = {"by": lead, "state": Request.State.DECLINED, "answered_at": timezone.now()}
    Request.objects.create(**{**about, **own})
    expires = timezone.now() + timedelta(days=1)
    key = uuid.uuid4()
    digest = Invitation.digest(f"secret-{number}")
    Invitation.objects.create(project=project, key=key, secret_digest=digest, created_by=lead, expires_at=expires)


def _notices_of(project: Project, person: User, things: range) -> None:
    """Notices of several audiences, and followed things of each kind."""
    for number in things:
        rules = (audiences.condition("project", project.pk), audiences.condition("members", project.pk), audiences.person(person.pk))
        for rule in rules:
            notify(ADDED.key, f"{rule}:{number}", title=f"Notice {number}", url="/", audience=rule, to=[person], group=f"g{number % 5}")
        search = StoredSearch.objects.create(user=person, name=f"Search {number}", query="other")
        Follow.objects.create(user=person, topic=f"search:{search.pk}")
        Follow.objects.create(user=person, topic=f"did:escape:{SCOPE}:file.{number}")
        Follow.objects.create(user=person, topic=f"project:{project.pk + number}")
        Follow.objects.create(user=person, topic=f"software:{number}")


def _baskets_of(person: User, project: Project, things: range) -> None:
    """A basket with something of each kind, and baskets besides."""
    basket, _is_new = Basket.objects.get_or_create(owner=person, name="Full", defaults={"chosen_at": timezone.now() + timedelta(days=1)})
    run = Run.objects.filter(project=project).latest("pk")
    for number in things:
        Basket.objects.create(owner=person, name=f"Basket {number}", project=project)
        values = {"did": f"escape:{SCOPE}:file.{number}", "project": project.pk + number, "software": number, "run": run.pk}
        for kind, value in values.items():
            BasketItem.objects.get_or_create(basket=basket, kind=kind, value=value, defaults={"title": "Thing", "position": number})


def _webhooks_of(project: Project, lead: User, number: int) -> None:
    """Webhooks of the project and of the lead, and more deliveries of their first ones."""
    for place in (project, None):
        owner = f"project:{project.pk}" if place else f"person:{lead.pk}"
        webhook = Webhook.objects.filter(owner=owner).first() or make_webhook(place, lead)[0]
        make_webhook(place, lead)
        rule = EventAudience.of(f"members:{project.pk} | person:{lead.pk}{number}")
        event = Event.objects.create(kind="webhooks.paused", key=f"{owner}-{number}", title=f"Event {number}", url="/", audience=rule)
        Delivery.objects.create(webhook=webhook, event=event, kind=event.kind)


def _planned(project: Project, lead: User, things: range) -> None:
    """An onboarding with answers in each step, and a plan with items, some of which a request answers."""
    plan, _ = Plan.objects.get_or_create(project=project, defaults={"created_by": lead})
    names = [f"Tool {number}" for number in things]
    for number in things:
        rule = audiences.rule(audiences.condition("project", Project.objects.get(slug=f"other-{number:03}").pk))
        asked = Request.objects.filter(by=lead).order_by("pk").last() if number % 2 else None
        item = PlanItem.objects.create(plan=plan, title=f"Item {number}", audience=rule, request=asked, position=number, ticked_by=lead)
        PlanMatch.objects.create(item=item, title=f"Match {number}", audience=rule)
        make_onboarding(
            lead,
            {
                "people": {"title": f"Planned {number}", "experiments": names[:20], "rows": [{"name": name} for name in names[:20]]},
                "data": {"rows": [{"name": name, "size": 1.0, "embargo": "2030-01-01"} for name in names[:20]]},
                "compute": {"cpu_hours": 1.0, "gpu": "yes"},
                "software": {"software": names, "methods": names, "environments": names, "notebooks": "yes"},
                "further": {"archives": names, "training": names, "publication": ["software"], "deadline": "2030-01-01"},
            },
        )


def _full(lead: User) -> Project:
    text = "# Words\n\n- a\n- b"
    full = make_project(slug="full", title="Full", lead=lead, scope="FULL_SP", summary="Much of everything", description=text)
    recent.note(lead, kind="project", service="", identifier=full.slug, title=full.title, url=full.get_absolute_url())
    full.picture.save("picture.png", ContentFile(b"\x89PNG"))
    return full


def _bind(project: Project, by: User, numbers: range) -> None:
    kinds = list(Resource.Kind)
    for kind in Resource.IN_LAKES if 0 in numbers else ():  # one that the index has, and one that it lacks: both from the first on
        for name in ("file.0", "no-such-file"):
            Resource.objects.create(project=project, kind=kind, service="escape", identifier=f"{SCOPE}:{name}", title=name, added_by=by)
    for number in numbers:
        kind = kinds[number % len(kinds)]
        scope = SCOPE if number % 3 else f"SCOPE_{number % 4}"
        Resource.objects.create(
            project=project, kind=kind, service="escape", identifier=f"{scope}:file.{number}" if kind in Resource.IN_LAKES else f"https://a.example/{number}",
            title=f"Thing {number}", added_by=by,
        )  # fmt: skip


def run_of(project: Project, by: User, number: int) -> Run:
    """A run that ended, of a specification that all runs of the project share, with a picture and a result that was kept."""
    specification, _ = Specification.objects.get_or_create(
        project=project, name=f"analysis-{number // 3}", defaults={"title": "Analysis", "text": TEXT}
    )
    if specification.current is None:
        for text in (TEXT, f"{TEXT}\n"):
            stored = {f"code/{part}.py": StoredFile.objects.keep(f"{number} {part}".encode()) for part in range(number + 3)}
            add_version(specification, by=by, text=text, files=stored, data={}, origin=SpecificationVersion.Origin.EDITOR)
    Entry.objects.create(
        project=project, by=by, key=uuid.uuid4(), origin=Entry.Origin.EDITOR, state=Entry.State.READ, text=TEXT, specification=specification
    )
    run = Run.objects.create(
        project=project, number=number, by=by, specification=specification, version=specification.current, text=TEXT, key=uuid.uuid4(), server="reana",
        name=f"vre-{uuid.uuid4()}", status=Run.Status.FINISHED, started_at=timezone.now(), finished_at=timezone.now(),
        published_at=timezone.now(), published_by=by, collected_at=timezone.now(), listed_at=timezone.now(), parameters={"years": 10},
        inputs={f"events-{part}.fits": {"lake": "escape", "did": f"{SCOPE}:file.{part}"} for part in range(3)},
        steps=[{"number": 1, "name": "only", "state": "finished", "command": "echo 1", "environment": "python", "log": "1\n", "log_end": "1"}],
    )  # fmt: skip
    Result.objects.present(run)
    values = {"parameters": {"years": 20}, "shared": bool(number % 2)}
    LaunchTemplate.objects.create(project=project, specification=specification, by=by, name=f"Values {number}", **values)
    RunOrigin.objects.create(run=run, lake="escape", scope=SCOPE)
    for part in range(3):
        output = RunFile(run=run, path=f"plot-{part}.png", size=4, sha256="0" * 64)
        output.file.save("plot.png", ContentFile(b"\x89PNG"))
    Keep.objects.create(
        run=run, by=by, key=uuid.uuid4(), lake="escape", scope="FULL_SP", dataset=f"{project.slug}.{number}", paths=["plot-0.png"],
        rse="A", copy_rse="B", status=Keep.Status.FAILED,
    )  # fmt: skip
    return run


def _session_of(person: User, number: int) -> None:
    now = timezone.now()
    row = DjangoSession.objects.create(session_key=f"key-{number:036}"[:40], session_data="", expire_date=now + timedelta(hours=1))
    UserSession.objects.create(session=row, user=person, device="Firefox on Linux", signed_in_at=now, last_seen_at=now)


def _at_the_lake(person: User, things: range) -> None:
    now = timezone.now()
    for number in things:
        scope = IndexedScope.objects.create(
            lake="escape", name=f"SCOPE_{number}", read_at=now, walked_at=now, files=1, bytes=1, counted_at=now
        )
        IndexEntry.objects.create(scope=scope, name=f"file.{number}", type="FILE", bytes=1, created=now, meta={"energy": number})
        SavedSearch.objects.create(user=person, lake="escape", name=f"saved {number}", query="q=file")
        Operation.objects.create(
            lake="escape", by=person, kind="close", subjects=[f"{SCOPE}:set.{number}"], arguments={"scope": SCOPE, "name": "x"}
        )
        Upload.objects.create(by=person, lake="escape", scope=SCOPE, name=f"up.{number}", rse="A", size=1, state="failed", sha256="0" * 64)
        PublicDownload.objects.create(lake="escape", scope=f"SCOPE_{number}", day=now.date(), kind="file")
        Use.objects.create(
            person=person.handle,
            service="rucio/escape",
            purpose=f"look {number}",
            place="GET /",
            outcome="given",
            slot=now,
            first_at=now,
            last_at=now,
        )
    SyncRun.objects.create(lake="escape", full=False, state=SyncRun.State.DONE)


def _webhook_addresses(namespace: str, owner: str) -> dict[str, dict[str, Any]]:
    """The webhook with the most deliveries of an owner, and one of these."""
    webhook = Webhook.objects.filter(owner=owner).earliest("pk")
    return {f"{namespace}:{name}": {"pk": webhook.pk, "number": webhook.deliveries.latest("pk").pk} for name in WEBHOOK_PAGES}


def addresses(person: User) -> dict[str, str]:
    """An address for each route that is looked at, by the route's name: in the project `full`, and about the person's own things."""
    project = Project.objects.get(slug="full")
    run = project.runs.filter(by=person).latest("number")
    known: dict[str, Any] = {
        "slug": project.slug, "number": run.number, "lake": "escape", "scope": SCOPE, "rule": "0" * 32, "key": str(uuid.UUID(int=0)),
        "upload": uuid.UUID(int=0), "provider_id": "iam", "doi": "10.5281/zenodo.0", "concept": "0", "style": "bibtex", "app_label": "projects",
        "object_id": str(project.pk), "source": "projects", "section": "figures", "pk": Session.objects.filter(by=person).latest("pk").pk, "name": "file.0",
        "step": "data", "job": 1, "environment": "environment-0",
    }  # fmt: skip
    special: dict[str, dict[str, Any]] = {
        "admin:datalake_publicdownload_change": {"object_id": str(PublicDownload.objects.latest("pk").pk)},
        "admin:datalake_publicdownload_history": {"object_id": str(PublicDownload.objects.latest("pk").pk)},
        "admin:iam_user_change": {"object_id": str(person.pk)},
        "admin:iam_user_history": {"object_id": str(person.pk)},
        "admin:iam_user_sessions": {"pk": person.pk},
        "admin:projects_membership_change": {"object_id": str(project.memberships.latest("pk").pk)},
        "admin:projects_membership_history": {"object_id": str(project.memberships.latest("pk").pk)},
        "projects:reference": {"pk": project.resources.filter(kind=Resource.Kind.DID).latest("pk").pk},
        "projects:invitation": {"secret": "secret-0"},
        "notices:feed": {"secret": "no-such-secret"},
        "activity:personal-feed": {"secret": "no-such-secret"},
        "notices:notice": {"pk": Notice.objects.filter(user=person).latest("pk").pk},
        "search:saved": {"pk": StoredSearch.objects.filter(user=person).latest("pk").pk},
        "profiles:person": {"key": Profile.objects.latest("pk").key},
        "requests:request": {"pk": Request.objects.open().earliest("pk").pk},
        "requests:new": {"key": "environment"},
        "requests:attachment": {"pk": (file := RequestAttachment.objects.earliest("pk")).request_id, "file": file.pk},
        "projects:people-change": {"pk": project.memberships.filter(group="").latest("pk").pk},
        **{f"workflows:{name}": {"name": "analysis-0"} for name in ("hints", "badge", "badge-drawing")},
        **{name: {"pk": run.outputs.latest("pk").pk} for name in ("workflows:file", "workflows:file-preview", "workflows:file-thumbnail")},
        "workflows:file-by-name": {"name": "plot-0.png"},
        **{name: {"name": run.specification.name} for name in RULES if name.startswith(("workflows:specification", "workflows:versions"))},
        "workflows:entry": {"pk": Entry.objects.filter(project=project, by=person).latest("pk").pk},
        "lake_acts:act": {"pk": Operation.objects.latest("pk").pk},
        "datalake:rse": {"name": "DEMO-ANNECY"},
        "sitemap": {"number": 1},
        **{f"onboarding:{name}": {"pk": Onboarding.objects.filter(by=person).latest("pk").pk} for name in ("continue", "step", "review")},
        "plan:item": {"pk": PlanItem.objects.filter(plan__project=project).latest("pk").pk},
        "plan-shared": {"secret": "no-such-secret"},
        "baskets:shared": {"secret": "no-such-secret"},
        "baskets:basket": {"pk": (item := BasketItem.objects.filter(basket__owner=person).latest("pk")).basket_id},
        "baskets:manage": {"pk": item.basket_id},
        "baskets:targets": {"pk": item.basket_id},
        "baskets:target": {"pk": item.basket_id, "key": "table"},
        **{f"baskets:{name}": {"pk": item.basket_id} for name in ("dataset", "dataset-space", "dataset-choose", "launch")},
        "baskets:current-target": {"key": "table"},
        "baskets:shared-target": {"secret": "no-such-secret", "key": "table"},
        "baskets:note": {"pk": item.basket_id, "item": item.pk},
        "notices_mail:unsubscribe": {"token": "no-such-token"},
        **{
            f"news:{name}": {"pk": NewsItem.objects.filter(project=None, is_published=True).latest("pk").pk}
            for name in ("item", "picture", "edit")
        },
        "project-news:edit": {"pk": NewsItem.objects.filter(project=project).latest("pk").pk},
        "banners:edit": {"pk": Banner.objects.latest("pk").pk},
        "banners:shown": {"state": "none"},
        "stop-switches:edit": {"kind": "reana", "service_name": "reana", "action": "runs"},
        **{f"site-texts:{name}": {"text_name": "headline"} for name in ("edit", "history")},
        **_webhook_addresses("project-webhooks", f"project:{project.pk}"),
        **_webhook_addresses("webhooks", f"person:{person.pk}"),
    }
    queries = {
        "workflows-add": "?address=https://git.example.org/a/b", "workflows-use": f"?lake=escape&did={SCOPE}:file.1", "notebooks-use": f"?lake=escape&did={SCOPE}:file.1", "search:index": "?q=other", "search:complete": "?q=oth",
        "projects:people-rule": "?group=escape/new&role=viewer", "projects:people-change": "?role=viewer", "projects:visibility": "?visibility=public",
        "notices:follow": f"?topic=project:{project.pk}", "baskets:button": f"?thing=project:{project.pk}", "lake_index:lake": "?q=file", "lake_index:complete": "?q=fi", "software:index": "?q=tool",
        "projects:choose": f"?kind=did&service=escape&identifier={SCOPE}:file.1",
    }  # fmt: skip
    looked_at = [(name, keys) for name, keys in routes() if name in RULES and not RULES[name].post_only]
    return {
        name: reverse(name, kwargs={key: {**known, **special.get(name, {})}[key] for key in keys}) + queries.get(name, "")
        for name, keys in looked_at
    }
