"""“Before the launch”: the list on the page, what is asked for it, and what stops a press."""

import re
import uuid
from collections.abc import Callable
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from projects.models import Membership
from projects.workflows import reana
from projects.workflows.models import ReanaOffer, Run, Specification
from projects.workflows.preflight import checklist, quota
from projects.workflows.reana.answers import Usage
from tests.workflows.preflight.conftest import Registry
from vre_portal.http import RemoteUnavailable
from vre_portal.iam.models import User
from vre_portal.iam.stored import services as stored
from vre_portal.models import ServiceState
from vre_portal.services import ServiceKind, service
from vre_portal.stop_switches.models import StopSwitch

pytestmark = pytest.mark.django_db
HOUR = 3_600_000  # of CPU, in milliseconds


@pytest.fixture
def member(specification: Specification, signed_in: Callable[[str], Client]) -> Client:
    return signed_in("member")


@pytest.fixture
def address(specification: Specification) -> str:
    return reverse("workflows:launch", args=[specification.project.slug])


@pytest.fixture
def usage(monkeypatch: pytest.MonkeyPatch) -> dict[str, Usage]:
    """What the server says of the person's quota, and how often it was asked (`asked`)."""
    said: dict[str, Any] = {"cpu": Usage(HOUR, "", 10 * HOUR), "disk": Usage(1000, "", None), "asked": 0}

    def you(*_: Any) -> Any:
        said["asked"] += 1
        return SimpleNamespace(cpu=said["cpu"], disk=said["disk"])

    monkeypatch.setattr(reana, "you", you)
    monkeypatch.setattr(checklist, "access_token", lambda *_args, **_options: "token")
    return said


def sent(**more: str) -> dict[str, str]:
    return {"specification": "fit", "key": str(uuid.uuid4()), "p-years": "3", "server": "near", **more}


def lines(page: str) -> dict[str, tuple[str, str]]:
    """State and text of each line, by its name; of several of one name the last."""
    part = page[page.index('id="preflight"') :] if 'id="preflight"' in page else page
    found = {}
    for item in re.findall(r"<li>(.*?)</li>", part[: part.index('class="actions"')], re.DOTALL):
        state, name = re.search(r'data-state="([^"]*)"', item), re.search(r"<strong>(.*?)</strong>", item)
        text = unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", item)))
        found[name[1]] = (state[1], text)  # type: ignore[index]
    return found


def test_the_page_asks_nobody_and_says_what_is_not_checked(member: Client, address: str, registry: Registry, usage: dict[str, Any]) -> None:
    found = lines(member.get(address).content.decode())
    assert {name: state for name, (state, _text) in found.items()} == {
        "Role in the project": "ok",
        "Access to Near REANA": "ok",
        "Active runs": "ok",
        "New runs": "ok",
        "Service": "not checked",
        "Engine and backends": "not checked",
        "Quota": "not checked",
        "Container images": "not checked",
    }
    assert (registry.asked, usage["asked"]) == ([], 0)


def test_the_part_of_its_own_asks_and_the_page_then_knows(member: Client, address: str, registry: Registry, usage: dict[str, Any]) -> None:
    found = lines(member.post(f"{address}before/", sent()).content.decode())
    assert found["CPU quota"] == ("ok", " ok CPU quota 1 h 00 min of 10 h 00 min used. ")
    assert "sets no limit" in found["Storage quota"][1]
    assert "Correct the name or tag" in member.post(f"{address}before/", sent()).content.decode()
    assert usage["asked"] == 1
    page = member.get(address).content.decode()
    assert f"Does not exist: {registry.host}/team/fit:2.0." in unescape(page)
    assert lines(page)["CPU quota"][0] == "ok"


def test_without_javascript_a_button_of_the_form_shows_the_same(member: Client, address: str, usage: dict[str, Any]) -> None:
    reply = member.post(address, sent(do="look"))
    assert reply.status_code == 200
    assert lines(reply.content.decode())["CPU quota"][0] == "ok"
    assert not Run.objects.exists()


def test_an_image_that_is_known_to_be_missing_stops_the_press_until_it_is_corrected(
    member: Client, address: str, registry: Registry, usage: dict[str, Any]
) -> None:
    member.post(f"{address}before/", sent())
    reply = member.post(address, sent())
    assert reply.status_code == 422
    assert f"Does not exist: {registry.host}/team/fit:2.0." in unescape(reply.content.decode())
    assert not Run.objects.exists()
    assert member.post(address, {**sent(), "o-1-environment": f"{registry.host}/team/fetch:1.0"}).status_code == 302


def test_a_quota_that_is_used_up_stops_the_press_and_a_nearly_used_one_does_not(
    member: Client, address: str, registry: Registry, usage: dict[str, Any]
) -> None:
    registry.images.add("team/fit:2.0")
    usage["cpu"] = Usage(10 * HOUR, "", 10 * HOUR)
    found = lines(member.post(f"{address}before/", sent()).content.decode())["CPU quota"]
    assert found[0] == "error"
    assert "used up: 10 h 00 min of 10 h 00 min" in found[1]
    assert "Request more" in found[1]
    assert member.post(address, sent()).status_code == 422
    cache.clear()
    usage["cpu"] = Usage(95 * HOUR // 10, "", 10 * HOUR)
    assert lines(member.post(f"{address}before/", sent()).content.decode())["CPU quota"][0] == "warning"
    assert member.post(address, sent()).status_code == 302


def test_a_server_that_does_not_answer_costs_only_its_own_line(
    member: Client, address: str, usage: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise RemoteUnavailable("Near REANA cannot be reached.")

    monkeypatch.setattr(reana, "you", away)
    found = lines(member.post(f"{address}before/", sent()).content.decode())
    assert found["Quota"] == ("not checked", " not checked Quota Near REANA cannot be reached. ")
    assert found["Active runs"][0] == "ok"
    assert quota.known(User.objects.get(name__startswith="M", pk=member.session["_auth_user_id"]), service(ServiceKind.REANA)) is None


def test_a_missing_token_full_runs_a_stopped_and_a_broken_server_are_said_with_what_to_do(
    member: Client, address: str, people: dict[str, User], settings: Any
) -> None:
    ServiceState.objects.create(kind="reana", name="far", state="down", detail="Cannot be reached.")
    settings.ACTIVE_RUNS = 0
    found = lines(member.post(address, sent(server="far", do="check")).content.decode())
    assert found["Access to Far REANA"][0] == "error"
    assert "Store a token" in found["Access to Far REANA"][1]
    assert found["Active runs"][0] == "error"
    assert found["Service"] == (
        "warning",
        " warning Service Far REANA is down. A run waits until it is back, and then starts.Cannot be reached. ",
    )
    stored.store(by=people["member"], service=service(ServiceKind.REANA, "far"), secret="opaque")
    assert lines(member.post(address, sent(server="far", do="check")).content.decode())["Access to Far REANA"][0] == "ok"


def test_a_server_without_the_engine_or_backend_is_refused_and_old_words_of_it_only_warn(
    member: Client, address: str, specification: Specification
) -> None:
    offer = ReanaOffer.objects.create(server="near", url="http://127.0.0.1:1", facts={"engines": ["cwl"], "backends": ["slurmcern"]})
    found = lines(member.get(address).content.decode())["Engine and backends"]
    assert found[0] == "error"
    assert "Near REANA does not run serial workflows. It runs: CWL." in found[1]
    assert "does not have the backend kubernetes. It has: slurmcern." in found[1]
    assert member.post(address, sent()).status_code == 422
    ReanaOffer.objects.filter(pk=offer.pk).update(asked_at="2026-01-01T00:00Z", facts={"engines": ["cwl"], "backends": ["kubernetes"]})
    assert lines(member.get(address).content.decode())["Engine and backends"][0] == "warning"
    assert member.post(address, sent()).status_code == 302


def test_a_wish_for_gpus_is_answered_plainly(member: Client, address: str, specification: Specification) -> None:
    assert "GPU" not in lines(member.get(address).content.decode())
    Specification.objects.update(text=f"{specification.text}\nvre: {{gpu: true}}\n".replace("team/fit:2.0", "team/cuda:2"))
    state, text = lines(member.get(address).content.decode())["GPU"]
    assert state == "warning"
    assert "The workflow seems to need a GPU: vre: gpu, " in text
    assert "Near REANA has no GPUs." in text
    state, text = lines(member.post(address, sent(server="far", do="check")).content.decode())["GPU"]
    assert state == "not checked"
    assert "a reana.yaml has no field to ask for one" in text


def test_the_servers_stand_side_by_side_with_health_load_limits_and_backends(
    member: Client, address: str, specification: Specification, people: dict[str, User]
) -> None:
    facts = {"backends": ["kubernetes", "slurmcern"], "max_memory": "8Gi", "has_memory": True}
    ReanaOffer.objects.create(server="far", url="http://127.0.0.1:2", facts=facts)
    ServiceState.objects.create(kind="reana", name="near", state="up")
    StopSwitch.objects.create(kind="reana", name="far", action="runs", reason="Maintenance.")
    for number, status in enumerate(("running", "running", "queued", "finished"), start=1):
        Run.objects.create(
            project=specification.project, number=number, by=people["lead"], specification=specification, text=specification.text,
            key=uuid.uuid4(), server="far", name=Run.new_name(), status=status,
        )  # fmt: skip
    page = member.get(address).content.decode()
    near, far = (
        unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", row)))
        for row in re.findall(r"<tr>.*?</tr>", page[page.index('id="servers"') :], re.DOTALL)[1:3]
    )
    assert re.search(r'value="near"\s+checked', page)
    assert "up" in near
    assert "0 running 0 waiting" in near
    assert "2 running 1 waiting" in far
    assert "8 GiB memory" in far
    assert "kubernetes slurmcern" in far
    assert "Maintenance." in far


def test_the_part_is_for_those_who_may_launch(address: str, specification: Specification, signed_in: Callable[[str], Client]) -> None:
    assert signed_in("outsider").post(f"{address}before/", sent()).status_code == 403
    Membership.objects.all().delete()
    Specification.objects.update(load_faults=["broken"])
    assert signed_in("member").post(f"{address}before/", sent()).status_code in (403, 404)
