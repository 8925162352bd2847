"""What services and sites do not state is to be clarified: only what is confirmed counts as met."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from datalake.index.models import IndexedScope, IndexEntry
from datalake.sites.models import Look, Sample, StorageAccess
from projects.onboarding.matching import Certainty, NeedState, computing
from tests.factories import make_onboarding
from tests.projects.onboarding.matching_cases import needs_of
from tests.search_index import index_all
from vre_portal.health import ServiceStatus
from vre_portal.iam.models import User
from vre_portal.search import worker
from vre_portal.services import ServiceKind, services

SignIn = Callable[..., Client]
People = dict[str, User]
GB = 10**9
pytestmark = pytest.mark.django_db


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have one server of each kind state these options, and be up."""

    def state(**stated: Any) -> None:
        found = [
            ServiceStatus(replace(item, options=stated), "up", None, None, "")
            for item in {item.kind: item for item in services()}.values()
            if item.kind in (ServiceKind.REANA, ServiceKind.JUPYTERHUB)
        ]
        monkeypatch.setattr(computing, "statuses", lambda: found)

    return state


@pytest.mark.parametrize(
    ("asked", "stated", "state"),
    [
        ({"cpu_hours": 13e6}, {}, NeedState.UNCLEAR),
        ({"cpu_hours": 13e6}, {"cpu_hours": 20_000_000}, NeedState.EXISTS),
        ({"cpu_hours": 13e6}, {"cpu_hours": 1_000_000}, NeedState.MISSING),
        ({"memory": 64.0}, {}, NeedState.UNCLEAR),
        ({"memory": 64.0}, {"memory_gigabytes": 128}, NeedState.EXISTS),
        ({"memory": 64.0}, {"memory_gigabytes": 8}, NeedState.MISSING),
        ({"memory": 64.0, "cpu_hours": 1.0}, {"memory_gigabytes": 128}, NeedState.UNCLEAR),
        ({"backend": "slurmcern"}, {}, NeedState.UNCLEAR),
        ({"backend": "slurmcern"}, {"compute_backends": ["slurmcern"]}, NeedState.EXISTS),
        ({"backend": "slurmcern"}, {"compute_backends": ["kubernetes"]}, NeedState.MISSING),
        ({"backend": "other"}, {}, NeedState.UNCLEAR),
        ({"backend": "other"}, {"compute_backends": ["kubernetes"]}, NeedState.MISSING),
        ({"memory": 64.0}, {"memory_gigabytes": float("inf")}, NeedState.UNCLEAR),
    ],
)
def test_a_server_serves_only_by_what_it_states(people: People, options: Any, asked: Any, stated: Any, state: NeedState) -> None:
    options(**stated)
    need = needs_of(people["lead"], "compute", compute=asked)["compute"]
    assert need.state is state
    assert need.is_met is (state is NeedState.EXISTS)
    assert need.is_to_request is (state is not NeedState.EXISTS)


@pytest.mark.parametrize(
    ("stated", "state"),
    [({}, NeedState.UNCLEAR), ({"profiles": [{"memory_gigabytes": 32}]}, NeedState.EXISTS), ({"profiles": [{"memory_gigabytes": 4}]}, NeedState.MISSING)],
)  # fmt: skip
def test_a_notebook_serves_only_by_the_memory_that_is_stated(people: People, options: Any, stated: Any, state: NeedState) -> None:
    options(**stated)
    assert needs_of(people["lead"], "software", software={"notebook_memory": 16.0})["notebooks"].state is state
    assert needs_of(people["lead"], "software", software={"notebooks": "yes"})["notebooks"].state is NeedState.EXISTS


@pytest.mark.parametrize(
    ("stated", "state"), [({}, NeedState.UNCLEAR), ({"gpu": True}, NeedState.EXISTS), ({"gpu": False}, NeedState.MISSING)]
)
def test_gpus_that_nobody_states_are_to_be_clarified(people: People, options: Any, stated: Any, state: NeedState) -> None:
    options(**stated)
    assert needs_of(people["lead"], "compute", compute={"gpu": "yes"})["gpu"].state is state


def test_what_is_to_be_clarified_is_not_counted_as_met_and_its_request_is_selected(signed_in: SignIn, people: People, options: Any) -> None:
    options()
    item, lead = make_onboarding(people["lead"], {"compute": {"cpu_hours": 13e6}}), signed_in("lead")
    page = lead.get(f"/onboarding/{item.pk}/review/").content.decode()
    assert "Computing: 13,000,000 CPU hours" in page
    for words in ("0 needs met", "1 need to be clarified", "0 needs open", "to be clarified", "Ask its operators"):
        assert words in page
    assert "exists here" not in page
    box = page.partition('value="compute"')[2].partition(">")[0]
    assert "checked" in box


def test_data_whose_title_only_says_the_word_have_no_place_yet(people: People) -> None:
    scope = IndexedScope.objects.create(lake="escape", name="KM3NET_ECAP_SP")
    for name, title in (("a", "Ten events, for tests"), ("b", "Response functions")):
        IndexEntry.objects.create(scope=scope, name=name, type="DATASET", created=timezone.now(), meta={"title": title})
    worker.compare_all()
    index_all()
    found = needs_of(people["lead"], "data", data={"rows": [{"name": "events", "size": 1.0}, {"name": "Response functions", "size": 1.0}]})
    assert (found["data-1"].is_met, found["data-2"].is_met) == (False, True)
    assert found["data-1-existing"].state is NeedState.INFORMATION
    assert found["data-1-existing"].matches[0].certainty is Certainty.MENTION


def add_site(rse: str, *, total: int | None = 100, protocols: Sequence[str] | None = ("davs",)) -> None:
    Sample.objects.create(lake="escape", rse=rse, at=timezone.now() - timedelta(minutes=5), used=0, total=total and total * GB)
    if protocols is not None:
        StorageAccess.objects.create(lake="escape", rse=rse, protocols=list(protocols))


@pytest.mark.parametrize(
    ("site", "protocol", "state"),
    [
        ({}, "davs", NeedState.EXISTS),
        ({"protocols": []}, "", NeedState.EXISTS),
        ({"protocols": []}, "davs", NeedState.UNCLEAR),
        ({"protocols": None}, "", NeedState.UNCLEAR),
        ({"total": None}, "davs", NeedState.UNCLEAR),
        ({"total": None}, "s3", NeedState.MISSING),
        ({"total": 1}, "davs", NeedState.MISSING),
    ],
)
def test_a_site_serves_only_by_what_is_recorded(people: People, site: Any, protocol: str, state: NeedState) -> None:
    add_site("A", **site)
    need = needs_of(people["lead"], "data", data={"rows": [{"name": "x", "size": 50.0, "protocol": protocol}]})["data-1"]
    assert need.state is state


def test_a_site_that_is_certain_comes_before_a_larger_one_that_is_not(people: People) -> None:
    add_site("LARGE", total=1000, protocols=None)
    add_site("CERTAIN")
    need = needs_of(people["lead"], "data", data={"rows": [{"name": "x", "size": 50.0}]})["data-1"]
    assert [match.title for match in need.matches] == ["CERTAIN", "LARGE"]
    assert need.suggestion is not None
    assert need.suggestion.details["rse"] == "CERTAIN"


def test_a_new_portal_says_that_space_is_being_looked_up_and_later_that_it_cannot_be(people: People) -> None:
    answers = {"rows": [{"name": "x", "size": 50.0}]}

    def said() -> tuple[NeedState, str]:
        need = needs_of(people["lead"], "data", data=answers)["data-1"]
        return need.state, " ".join(need.notes)

    assert said()[0] is NeedState.AWAITED
    assert "being looked up" in said()[1]
    look = Look.objects.create(lake="escape", what="sample", failures=1)
    assert "being looked up" in said()[1]
    Look.objects.filter(pk=look.pk).update(failures=3)
    assert "could not be looked up yet" in said()[1]
    Look.objects.filter(pk=look.pk).update(failures=0, done_at=timezone.now())
    assert "no records" in said()[1]
    add_site("A")
    assert said() == (NeedState.EXISTS, "")
