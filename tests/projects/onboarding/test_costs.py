"""What the pages of onboarding and of a plan ask the database: at most ten questions, and no more for many things than for few."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project
from projects.onboarding.models import Onboarding
from tests import full_portal
from tests.search_index import index_all
from tests.test_page_costs import MOST, asked_by
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db


def counts(browser: Client, person: User) -> dict[str, int]:
    pk = Onboarding.objects.filter(by=person).latest("pk").pk
    steps = {name: reverse("onboarding:step", args=[pk, name]) for name in ("people", "data", "compute", "software", "further")}
    pages = {
        "index": reverse("onboarding:index"),
        "review": reverse("onboarding:review", args=[pk]),
        "plan": reverse("plan:plan", args=["full"]),
        "progress": reverse("plan:progress", args=["full"]),
        **steps,
    }
    return {name: len(asked_by(browser, where)) for name, where in pages.items()}


def test_no_page_asks_more_for_more_things_nor_more_than_ten(signed_in: Any, people: dict[str, User], settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    full_portal.fill(people, range(2))
    index_all()
    few = counts(signed_in("lead"), people["lead"])
    full_portal.fill(people, range(2, 8))
    index_all()
    many = counts(signed_in("lead"), people["lead"])
    assert Project.objects.count() > 8
    assert {name: count for name, count in many.items() if count > few[name]} == {}
    assert {name: count for name, count in many.items() if count > MOST} == {}, many
