"""Rows for tests: each function makes one, with values that a test does not care about filled in."""

import uuid
from itertools import count
from typing import Any

from django.utils import timezone

from catalog.environments import lists
from catalog.environments import storing as environments
from catalog.environments.models import Environment
from catalog.environments.storing import EnvironmentValues
from devstack import address
from projects.models import Membership, Project, Resource, Role
from projects.news.models import NewsItem
from projects.onboarding.models import Onboarding
from projects.requests import services as requests
from projects.requests.approvers import Staff
from projects.requests.kinds import RequestKind, kind_of
from projects.requests.models import Request
from projects.workflows.models import NotebookPage, NotebookPicture, NotebookRendering, Run
from vre_portal.banners.models import Banner
from vre_portal.encryption import encrypt
from vre_portal.iam.models import Identity, User
from vre_portal.notices.webhooks.models import TEST_KIND, Delivery, Webhook
from vre_portal.stop_switches.models import StopSwitch

_numbers = count(1)


def make_person(name: str, **facts: Any) -> User:
    """One of the demonstration's people, with the issuer, subject and groups that the IAM gives them."""
    full, email, groups = address.DEMO_USERS[name]
    known = {"name": full, "email": email, "preferred_username": name, "groups": list(groups), "is_staff": name == "admin"}
    return User.objects.for_identity(address.IAM_ISSUER, address.subject(name), **{**known, **facts})


def make_people() -> dict[str, User]:
    """All of them, as `make_person` makes each, in two statements instead of some eighty: every second test begins with it."""
    if User.objects.exists():
        return {name: make_person(name) for name in address.DEMO_USERS}
    people, identities = {}, []
    for name, (full, email, groups) in address.DEMO_USERS.items():
        who = {"issuer": address.IAM_ISSUER, "subject": address.subject(name), "name": full}
        people[name] = User(**who, email=email, preferred_username=name, groups=sorted(groups), is_staff=name == "admin")
        identities.append(Identity(**who, user=people[name], used_at=timezone.now(), groups=list(groups)))
    User.objects.bulk_create(people.values())
    Identity.objects.bulk_create(identities)
    return people


def make_project(*, lead: User | None = None, groups: dict[str, str] | None = None, **facts: Any) -> Project:
    """A project; members only unless said otherwise, as the model has it."""
    number = next(_numbers)
    project = Project.objects.create(**{"slug": f"project-{number}", "title": f"Project {number}", **facts})
    if lead is not None:
        Membership.objects.create(project=project, user=lead, role=Role.LEAD)
    for group, role in (groups or {}).items():
        Membership.objects.create(project=project, group=group, role=role)
    return project


def make_public(**facts: Any) -> Project:
    """A project that everybody may read."""
    return make_project(visibility=Project.Visibility.PUBLIC, **facts)


def make_resource(project: Project, **facts: Any) -> Resource:
    """A dataset of the lake that belongs to a project, unless `kind` says something else."""
    known = {"kind": Resource.Kind.DID, "service": "escape", "identifier": f"KM3NET_ECAP_SP:file.{next(_numbers)}"}
    return Resource.objects.create(project=project, **{**known, **facts})


def make_news(project: Project | None = None, **facts: Any) -> NewsItem:
    """News that are shown now: of the portal, unless a project is named."""
    known = {"title": f"News {next(_numbers)}", "text": "What is *new*.", "is_published": True}
    return NewsItem.objects.create(project=project, **{**known, **facts})


def make_rendering(run: Run, *, is_public: bool = True) -> NotebookRendering:
    """The notebook page of a run's workflow, with a result of the run that has one cell and one picture."""
    page = NotebookPage.objects.create(specification=run.specification, output="fit.ipynb", is_public=is_public)
    rendering = NotebookRendering.objects.create(
        page=page, version=run.specification.versions.earliest("number"), digest="0", run=run, state=NotebookRendering.State.READY,
        made_at=timezone.now(), made_by=run, sections=[{"kind": "output", "text": "chi2 = 1"}],
    )  # fmt: skip
    NotebookPicture.objects.create(rendering=rendering, number=0, content=b"\x89PNG")
    return rendering


def make_banner(**facts: Any) -> Banner:
    """Information for everybody, shown now."""
    return Banner.objects.create(**{"key": uuid.uuid4(), "text": f"Banner {next(_numbers)}", **facts})


def make_environment(packages: str = "", **facts: Any) -> Environment:
    """An environment that administrators offer for workflow steps; `packages` as pip freeze prints them, `slug` for its address."""
    number, slug = next(_numbers), facts.pop("slug", "")
    known = {"name": f"Environment {number}", "image": f"ghcr.io/team/image-{number}:1.0", "for_workflows": True}
    values = EnvironmentValues(**{**known, **facts, "packages": lists.store(packages) if packages else None})
    return environments.create(by=None, values=values, slug=slug)


def make_stop(kind: str, name: str, action: str, **facts: Any) -> StopSwitch:
    """An action that is stopped now, without an end."""
    return StopSwitch.objects.create(kind=kind, name=name, action=action, **{"reason": "Upgrade of the cluster", **facts})


def make_webhook(project: Project | None, by: User) -> tuple[Webhook, Delivery]:
    """A webhook of a project, or of a person where none is named, with a delivery that failed."""
    owner = f"project:{project.pk}" if project else f"person:{by.pk}"
    number = next(_numbers)
    webhook = Webhook(owner=owner, user=None if project else by, title=f"Webhook {number}", url="https://chat.example.org/1", created_by=by)
    webhook.host, webhook.kinds, webhook.secret = "chat.example.org", [], encrypt("whsec_AAAA", owner=webhook.secret_owner)
    webhook.save()
    log = [
        {"at": timezone.now().isoformat(), "status": 500, "seconds": 0.2, "answer": "no", "error": "The receiver answered with status 500."}
    ]
    return webhook, Delivery.objects.create(webhook=webhook, kind=TEST_KIND, state=Delivery.State.FAILED, attempts=1, log=log)


def make_kind(key: str = "test", **facts: Any) -> RequestKind:
    """A kind of request that administrators decide, known to the portal until the test ends: see the fixture `new_kind`."""
    return RequestKind(**{"key": key, "title": "Test kind", "description": "For a test.", "approvers": Staff(), **facts})


def make_request(by: User, kind: str | RequestKind = "environment", **facts: Any) -> Request:
    """An open request, as its form would have made it."""
    known = kind_of(kind) if isinstance(kind, str) else kind
    about = {"kind": known, "values": {"name": "gammapy", "packages": "gammapy 1.3"}, "text": "For my analysis.", "key": uuid.uuid4()}
    return requests.open_request(by=by, **{**about, **facts})


def make_onboarding(by: User, answers: dict[str, Any] | None = None) -> Onboarding:
    """An onboarding whose steps with answers were saved once."""
    known = {"people": {"title": "Planned project"}, **(answers or {})}
    return Onboarding.objects.create(by=by, title=str(known["people"].get("title", "")), answers=known, versions=dict.fromkeys(known, 1))


def make_stranger(name: str, **facts: Any) -> User:
    """Somebody who is none of the demonstration's people."""
    return User.objects.create(**{"issuer": "https://iam.example/", "subject": name, "name": name, "preferred_username": name, **facts})
