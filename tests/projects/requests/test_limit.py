"""A higher limit: the links of the page of allowances open its form filled in, and who decides reads what to change."""

import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client

from datalake import rucio
from datalake.operations import allowances as lake_allowances
from projects.notebooks import allowances as notebook_allowances
from projects.requests import services
from projects.requests.models import Request
from projects.workflows import allowances as run_allowances
from projects.workflows import reana
from tests.factories import make_request
from vre_portal.allowances import views
from vre_portal.allowances.parts import Allowance
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, service

SignIn = Callable[..., Client]
FORM = "/requests/new/limit/"
pytestmark = pytest.mark.django_db


def sent(**values: Any) -> dict[str, Any]:
    return {"text": "For the campaign.", "key": str(uuid.uuid4()), "what": "runs", "amount": "40 runs", **values}


def at_reana(monkeypatch: pytest.MonkeyPatch, user: User) -> list[Allowance]:
    """The rows of a REANA that has limits."""
    amounts = {"limit": {"raw": 10_000}, "usage": {"raw": 5_000}}
    person = reana.Person.of({"email": "m@example.org", "quota": {"cpu": amounts, "disk": amounts}})
    monkeypatch.setattr(run_allowances, "access_token", lambda *_args, **_options: "token")
    monkeypatch.setattr(reana, "you", lambda *_args: person)
    return list(run_allowances._at_server(service(ServiceKind.REANA), user).rows)


def rows_of(monkeypatch: pytest.MonkeyPatch, user: User) -> list[Allowance]:
    """All rows from which more can be asked for: those of the portal, of REANA, of hubs and of the lake."""
    local = [row for part in views.parts_for(user)[0] if not part.is_remote for row in part.read(user).rows]
    space = lake_allowances._row(service(ServiceKind.RUCIO), rucio.AccountUsage("CNAF-DISK", used=5, limit=10))
    hubs = list(notebook_allowances._read(user).rows)
    return [row for row in (*local, *at_reana(monkeypatch, user), *hubs, space) if row.request]


def test_each_link_to_ask_for_more_opens_a_filled_form(signed_in: SignIn, people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    browser = signed_in("member")
    rows = rows_of(monkeypatch, people["member"])
    kinds = {row.request[0] for row in rows if row.request}
    assert kinds == {"limit", "account-limit"}
    assert {dict(row.request[1]).get("what") for row in rows if row.request} >= {"runs", "computing", "notebooks", "uploads"}
    for row in rows:
        address = views.address_for_more(row)
        reply = browser.get(address)
        assert reply.status_code == 200, address
        form = reply.context["values_form"]
        for name, value in parse_qsl(urlsplit(address).query):
            assert form[name].value() == value, address
            page = reply.content.decode()
            chosen = rf'<option value="{value}"\s+selected' if f'<select name="{name}"' in page else f'value="{value}"'
            assert re.search(chosen, page), address


def test_a_limit_is_asked_for_once_at_a_time_and_ticked_off_by_hand(signed_in: SignIn, people: dict[str, User]) -> None:
    outsider, admin = signed_in("outsider"), signed_in("admin")
    for _ in range(2):
        where = outsider.post(FORM, sent(until="2099-01-01")).url
    item = Request.objects.get()
    assert item.values == {"what": "runs", "amount": "40 runs", "until": "2099-01-01"}
    assert item.title == "Higher limit: Active runs, 40 runs"
    assert signed_in("member").get(where).status_code == 404
    admin.post(f"{where}answer/", {"decision": "grant", "text": ""})
    assert "ACTIVE_RUNS" in admin.get(where).content.decode()
    admin.post(f"{where}done/", {"text": "You may have 40."})
    assert Request.objects.get().state == "granted"


@pytest.mark.parametrize(
    ("what", "setting"),
    [
        ("runs", "ACTIVE_RUNS"),
        ("computing", "reana-admin quota-set -e &#x27;a b&#x27;"),
        ("notebooks", "named_server_limit_per_user"),
        ("uploads", "UPLOAD_PERSON_BYTES"),
        ("other", "in the thread"),
    ],
)
def test_those_who_decide_read_what_to_change(signed_in: SignIn, people: dict[str, User], what: str, setting: str) -> None:
    User.objects.filter(pk=people["outsider"].pk).update(email="a\nb")
    item = make_request(people["outsider"], "limit", values={"what": what, "amount": "more"})
    services.approve(by=people["admin"], request=item)
    page = signed_in("admin").get(item.get_absolute_url()).content.decode().replace("&#39;", "&#x27;")
    assert setting in page.replace("'", "&#x27;")


@pytest.mark.parametrize(
    "odd",
    [{"what": "moon"}, {"amount": ""}, {"until": "2020-01-01"}, {"what": "computing", "service": "jupyterhub:hub"}, {"service": "x:y"}],
)
def test_odd_limits_are_refused_with_what_was_typed(signed_in: SignIn, people: dict[str, User], odd: dict[str, str]) -> None:
    reply = signed_in("outsider").post(FORM, sent(**odd))
    assert reply.status_code == 400
    assert "For the campaign." in reply.content.decode()
    assert not Request.objects.exists()


def test_who_asks_and_who_decides_sees_the_limit_of_now(signed_in: SignIn, people: dict[str, User], settings: Any) -> None:
    settings.ACTIVE_RUNS = 20
    page = signed_in("member").get(FORM).content.decode()
    assert "Active runs: 20 (0 used)" in page
    assert "/me/allowances/" in page
    item = make_request(people["member"], "limit", values={"what": "runs", "amount": "40"})
    admin = signed_in("admin")
    part = f"{item.get_absolute_url()}present/"
    assert f'hx-get="{part}"' in admin.get(item.get_absolute_url()).content.decode()
    assert "20 (0 used)" in admin.get(part).content.decode()
    assert "20 (0 used)" in admin.get(f"{item.get_absolute_url()}?now=1").content.decode()
    assert signed_in("member").get(part).status_code == 404
    services.withdraw(by=people["member"], request=item)
    assert admin.get(part).status_code == 404
