"""How busy each REANA is stands beside it where there are several: asked by a job, shown with its age, and nothing where it does not say."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.workflows import reana
from projects.workflows.launching import offer_worker, offers
from projects.workflows.models import ReanaOffer, Specification
from projects.workflows.reana.info import Info
from projects.workflows.reana.load import ClusterLoad
from vre_portal import services as configured
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def loads(specification: Specification, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What each server says, and which were asked (`asked`)."""
    said: dict[str, Any] = {"asked": [], "near": ClusterLoad(12, 3), "far": ClusterLoad(0, 1234)}

    def load(server: Any, _token: str) -> ClusterLoad:
        said["asked"].append(server.name)
        if isinstance(said[server.name], Exception):
            raise said[server.name]
        found: ClusterLoad = said[server.name]
        return found

    monkeypatch.setattr(reana, "load", load)
    monkeypatch.setattr(reana, "info", lambda *_: Info(backends=("kubernetes",)))
    monkeypatch.setattr(offer_worker, "access_token", lambda *_args, **_options: "token")
    return said


def shown(client: Client, specification: Specification) -> list[str]:
    page = client.get(reverse("workflows:launch", args=[specification.project.slug])).content.decode()
    cells = re.findall(r'<td data-label="Workflows of everybody">(.*?)</td>', page, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in cells]


def test_the_job_asks_and_the_page_shows_it(
    loads: dict[str, Any], specification: Specification, people: dict[str, User], signed_in: Callable[[str], Client]
) -> None:
    client = signed_in("member")
    assert [cell[:1] for cell in shown(client, specification)] == ["—", "—"]
    assert loads["asked"] == []  # the page asks nobody
    offer_worker.ask(people["member"].pk)
    first, second = shown(client, specification)
    assert first.startswith("12 running 3 waiting")
    assert second.startswith("0 running 1,234 waiting")
    offer_worker.ask(people["member"].pk)
    assert loads["asked"] == ["near", "far"]  # a moment ago


def test_it_is_asked_again_after_some_minutes_and_an_old_answer_is_not_shown(
    loads: dict[str, Any], specification: Specification, people: dict[str, User], signed_in: Callable[[str], Client]
) -> None:
    person = people["member"]
    offer_worker.ask(person.pk)
    cache.clear()
    assert not offers.is_due(person, offers.offers())
    for row in ReanaOffer.objects.filter(server="near"):
        row.load_at = timezone.now() - timedelta(minutes=6)
        row.save()
    assert offers.is_due(person, offers.offers())
    assert shown(signed_in("member"), specification)[0].startswith("12 running")
    loads["near"] = RemoteUnavailable("Near REANA cannot be reached.")
    offer_worker.ask(person.pk)
    assert shown(signed_in("member"), specification)[0].startswith("12 running")  # a failure is not remembered as the answer
    ReanaOffer.objects.filter(server="near").update(load_at=timezone.now() - timedelta(hours=2))
    assert shown(signed_in("member"), specification)[0] == "—"


def test_a_server_that_does_not_say_is_not_asked_at_once_again(
    loads: dict[str, Any], specification: Specification, people: dict[str, User], signed_in: Callable[[str], Client]
) -> None:
    loads["near"] = RemoteRefused("There is no such address.", status=404)
    for _ in range(2):
        offer_worker.ask(people["member"].pk)
    assert loads["asked"] == ["near", "far"]
    assert shown(signed_in("member"), specification)[0] == "—"


def test_the_load_of_another_server_by_the_same_name_is_not_shown(
    loads: dict[str, Any], specification: Specification, people: dict[str, User], signed_in: Callable[[str], Client]
) -> None:
    offer_worker.ask(people["member"].pk)
    ReanaOffer.objects.filter(server="near").update(url="http://127.0.0.1:3")
    assert [cell[:1] for cell in shown(signed_in("member"), specification)] == ["—", "0"]
    near = configured.service(configured.ServiceKind.REANA, "near")
    offers.store_load(near, ClusterLoad(5, 5))
    assert ReanaOffer.objects.get(server="near").load == {"running": 12, "pending": 3}


def test_a_single_server_is_not_asked(loads: dict[str, Any], people: dict[str, User], settings: Any, tmp_path: Any) -> None:
    (tmp_path / "one.toml").write_text('[[service]]\nkind = "reana"\nname = "near"\ntitle = "N"\nurl = "http://127.0.0.1:1"\n')
    settings.SERVICES_FILE = str(tmp_path / "one.toml")
    configured._all.cache_clear()
    offer_worker.ask(people["member"].pk)
    assert loads["asked"] == []
    assert ReanaOffer.objects.count() == 1
