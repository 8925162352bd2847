"""What stood in the database before: groups go to the identity they came from, and every name is spelt in one way."""

from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from projects.models import Membership, Role
from tests.factories import make_project
from vre_portal.iam.models import Identity, User

pytestmark = pytest.mark.django_db
COMPOSED, DECOMPOSED = "escape/rés", "escape/re\u0301s"


def run(name: str, function: str) -> None:
    getattr(import_module(f"vre_portal.iam.migrations.{name}"), function)(apps, None)


def test_the_groups_of_today_belong_to_the_identity_in_use() -> None:
    seen = timezone.now()
    user = User.objects.create(issuer="i", subject="s", groups=[DECOMPOSED, "a"], groups_seen_at=seen)
    used = Identity.objects.create(user=user, issuer="i", subject="s")
    other = Identity.objects.create(user=user, issuer="j", subject="t")
    run("0006_identity_groups", "fill")
    for row in (user, used, other):
        row.refresh_from_db()
    assert (used.groups, used.groups_seen_at) == (["a", COMPOSED], seen)
    assert (other.groups, other.groups_seen_at) == ([], None)
    assert user.groups == ["a", COMPOSED]


def test_rules_are_spelt_as_groups_are_and_two_that_become_one_give_the_lesser_role() -> None:
    one, two = make_project(groups={DECOMPOSED: "member"}), make_project(groups={DECOMPOSED: "viewer", COMPOSED: "member", "x": "lead"})
    run("0007_normal_groups", "normalize")
    assert list(Membership.objects.filter(project=one).values_list("group", "role")) == [(COMPOSED, Role.MEMBER)]
    assert set(Membership.objects.filter(project=two).values_list("group", "role")) == {(COMPOSED, Role.VIEWER), ("x", Role.LEAD)}
