"""Rows for tests: each function makes one, with values that a test does not care about filled in."""

import uuid
from itertools import count
from typing import Any

from django.utils import timezone

from devstack import address
from projects.models import Membership, Project, Resource, Role
from projects.news.models import NewsItem
from projects.onboarding.models import Onboarding
from projects.requests import services as requests
from projects.requests.approvers import Staff
from projects.requests.kinds import RequestKind, kind_of
from projects.requests.models import Request
from vre_portal.iam.models import Identity, User

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
