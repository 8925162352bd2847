"""Forms about storage and data of a lake are checked against what the portal has noted; who decides sees how things are now."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from datalake import rucio
from datalake.index.models import IndexedScope, IndexEntry
from datalake.reads import accounts
from datalake.sites.models import Sample, StorageAccess
from projects.requests.kinds import kind_of
from projects.requests.lake_kinds import present_facts
from projects.requests.lake_kinds.account_limit import AccountLimitForm
from projects.requests.lake_kinds.place_for_data import PlaceForDataForm
from tests.factories import make_request
from vre_portal import services as registry
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
People = dict[str, User]
TB = 10**12
pytestmark = pytest.mark.django_db


@pytest.fixture
def storages() -> None:
    for name, writable in (("DEMO-BOLOGNA", True), ("DEMO-OLD", False), ("DEMO-TAPE", True)):
        StorageAccess.objects.create(lake="escape", rse=name, writable=writable)
    now = timezone.now()
    for hours, used in ((1, 7 * TB), (2, 5 * TB)):
        Sample.objects.create(lake="escape", rse="DEMO-BOLOGNA", at=now - timedelta(hours=hours), used=used, total=10 * TB)
    Sample.objects.create(lake="escape", rse="DEMO-TAPE", at=now - timedelta(days=9), used=0, total=TB)


@pytest.fixture
def scope() -> IndexedScope:
    now = timezone.now()
    made = IndexedScope.objects.create(lake="escape", name="KM3NET_ECAP_SP", walked_at=now, read_at=now)
    IndexEntry.objects.create(scope=made, name="DM.Arca.events", type="DATASET", bytes=3 * TB, length=1200, created=now)
    return made


def limit_form(person: User, rse: str) -> AccountLimitForm:
    return AccountLimitForm({"lake": "escape", "rse": rse, "bytes": "1 TB"}, user=person)


def place_form(person: User, did: str) -> PlaceForDataForm:
    return PlaceForDataForm({"lake": "escape", "did": did, "rse": "country=IT", "copies": "1"}, user=person)


@pytest.mark.usefixtures("storages")
def test_storage_elements_are_suggested_with_their_free_space(signed_in: SignIn) -> None:
    for kind in ("account-limit", "place-for-data"):
        page = signed_in("member").get(f"/requests/new/{kind}/").content.decode()
        assert '<option value="DEMO-BOLOGNA">3.0 TB free</option>' in page
        assert '<option value="DEMO-TAPE"></option>' in page
        assert "DEMO-OLD" not in page
        assert 'list="id_rse_suggestions"' in page


def test_a_name_that_is_no_storage_element_is_refused_where_some_are_noted(people: People, storages: None) -> None:
    for rse in ("DEMO-BOLOGNA", "DEMO-OLD", "country=IT", "DEMO-BOLOGNA|DEMO-NEW"):
        assert limit_form(people["member"], rse).is_valid(), rse
    form = limit_form(people["member"], "DEMO-BOLOGNE")
    assert "no storage element with this name" in str(form.errors["rse"])
    StorageAccess.objects.all().delete()
    assert limit_form(people["member"], "DEMO-BOLOGNE").is_valid()


def test_data_that_the_lake_does_not_have_are_refused_where_the_index_knows(people: People, scope: IndexedScope) -> None:
    assert place_form(people["member"], "KM3NET_ECAP_SP:DM.Arca.events").is_valid()
    for did in ("KM3NET_ECAP_SP:foo", "KM3NET_ECAP:DM.Arca.events"):
        assert "no such data" in str(place_form(people["member"], did).errors["did"]), did
    IndexedScope.objects.create(lake="escape", name="NEW_SP")  # not read yet: it may hold anything
    assert place_form(people["member"], "NEW_SP:foo").is_valid()
    assert place_form(people["member"], "OTHER_SP:foo").is_valid()


def test_a_hidden_scope_is_told_as_one_that_does_not_exist(people: People, scope: IndexedScope, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = registry.service(registry.ServiceKind.RUCIO, "escape")
    monkeypatch.setitem(lake.options["restricted_scopes"], "SECRET_SP", ["escape/leads"])  # type: ignore[arg-type]
    secret = IndexedScope.objects.create(lake="escape", name="SECRET_SP", walked_at=timezone.now())
    IndexEntry.objects.create(scope=secret, name="x", type="FILE", created=timezone.now())
    errors = [str(place_form(people["outsider"], did).errors) for did in ("SECRET_SP:x", "SECRET_SP:y", "NO_SUCH_SP:x")]
    assert "no such data" in errors[0]
    assert len({error.replace("SECRET_SP", "NO_SUCH_SP").replace(":y", ":x") for error in errors}) == 1
    item = make_request(people["outsider"], "place-for-data", values={"lake": "escape", "did": "SECRET_SP:x", "rse": "A"})
    assert "In the Data Lake" not in dict(PlaceForDataForm.describe(item.values))


def test_who_decides_sees_how_much_data_it_is(signed_in: SignIn, people: People, scope: IndexedScope) -> None:
    values = {"lake": "escape", "did": "KM3NET_ECAP_SP:DM.Arca.events", "rse": "DEMO-BOLOGNA", "copies": 1}
    item = make_request(people["member"], "place-for-data", values=values)
    assert "dataset, 1,200 files, 3.0 TB" in signed_in("admin").get(item.get_absolute_url()).content.decode()


@pytest.mark.usefixtures("storages")
def test_who_decides_sees_limit_use_and_free_space_and_the_page_waits_for_nothing(
    signed_in: SignIn, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = make_request(people["member"], "account-limit", values={"lake": "escape", "rse": "DEMO-BOLOGNA", "bytes": 5 * TB})
    admin, part = signed_in("admin"), f"{item.get_absolute_url()}present/"
    monkeypatch.setattr(present_facts, "token_of", lambda *_args: pytest.fail("the page asked the lake"))
    assert f'hx-get="{part}"' in admin.get(item.get_absolute_url()).content.decode()
    assert signed_in("member").get(part).status_code == 404
    monkeypatch.setattr(present_facts, "token_of", lambda *_args: "token")
    monkeypatch.setattr(present_facts, "account_of", lambda *_args: "member")
    monkeypatch.setattr(rucio, "list_usage", lambda *_args: [rucio.AccountUsage("DEMO-BOLOGNA", used=TB, limit=2 * TB)])
    shown = admin.get(part).content.decode()
    for words in ("Limit now", "2.0 TB", "Used now", "1.0 TB", "Free at DEMO-BOLOGNA", "3.0 TB"):
        assert words in shown

    def refused(*_args: Any) -> Any:
        raise RemoteRefused("Your account may not read this.")

    monkeypatch.setattr(rucio, "list_usage", refused)
    shown = admin.get(part).content.decode()
    for words in ("Your account may not read this.", "Free at DEMO-BOLOGNA", "3.0 TB"):
        assert words in shown

    def unavailable(*_args: Any) -> str:
        raise RemoteUnavailable("The Data Lake does not answer.")

    monkeypatch.setattr(present_facts, "token_of", unavailable)
    for path in (part, f"{item.get_absolute_url()}?now=1"):
        reply = admin.get(path)
        assert reply.status_code == 200
        assert "The Data Lake does not answer." in reply.content.decode()


@pytest.mark.usefixtures("storages")
def test_where_copies_are_is_told_of_open_datasets_alone(people: People, scope: IndexedScope, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def replicas(_lake: Any, _token: str, asked_scope: str, name: str) -> list[Any]:
        asked.append(f"{asked_scope}:{name}")
        return [SimpleNamespace(rse="DEMO-TAPE")]

    monkeypatch.setattr(present_facts, "token_of", lambda *_args: "token")
    monkeypatch.setattr(rucio, "list_replicas", replicas)
    IndexEntry.objects.create(scope=scope, name="DM.All", type="CONTAINER", created=timezone.now())

    def facts(did: str) -> dict[str, str]:
        values = {"lake": "escape", "did": did, "rse": "DEMO-BOLOGNA", "copies": 1}
        return dict(present_facts.copy_facts(people["admin"], make_request(people["member"], "place-for-data", values=values)))

    assert facts("KM3NET_ECAP_SP:DM.Arca.events")["Copies now"] == "1: DEMO-TAPE"
    assert "open the datasets" in facts("KM3NET_ECAP_SP:DM.All")["Copies now"]
    lake = registry.service(registry.ServiceKind.RUCIO, "escape")
    monkeypatch.setitem(lake.options["restricted_scopes"], "SECRET_SP", ["escape/leads"])  # type: ignore[arg-type]
    assert facts("SECRET_SP:plan") == {}
    assert asked == ["KM3NET_ECAP_SP:DM.Arca.events"]


@pytest.mark.parametrize("kind", ["account-limit", "place-for-data", "new-scope"])
def test_somebody_without_an_account_is_told_so(signed_in: SignIn, people: People, kind: str) -> None:
    words = "You don&#x27;t have a Data Lake account yet"
    assert words in signed_in("newcomer").get(f"/requests/new/{kind}/").content.decode()
    assert words not in signed_in("member").get(f"/requests/new/{kind}/").content.decode()
    lake = registry.service(registry.ServiceKind.RUCIO, "escape")
    accounts.store(people["newcomer"], lake, has_account=True)  # the lake itself knows better
    assert kind_of(kind).may_open(people["newcomer"], None) == ""
    accounts.store(people["member"], lake, has_account=False)
    assert kind_of(kind).may_open(people["member"], None)
