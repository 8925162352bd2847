"""Stuck and expiring rules and full quotas are told once each, and one that cannot be read costs only itself."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from datalake import rucio
from datalake.operations import account_watch, tasks
from datalake.operations.models import QuotaMark, StuckRule
from datalake.reads import accounts
from tests.factories import make_person
from tests.notices.reading import seen_by, title_of
from vre_portal.http import RemoteUnavailable
from vre_portal.iam.models import Token, User
from vre_portal.iam.oidc.tokens import Tokens
from vre_portal.notices.models import Event
from vre_portal.services import ServiceKind, service

pytestmark = pytest.mark.django_db
GB = 10**9
RULE = rucio.Rule("r1", "user.lead", "a", "DATASET", "lead", "OK", 1, "A")


def quota(user: User, *percents: int, rse: str = "A") -> None:
    for percent in percents:
        account_watch.look_at_quota(user, service(ServiceKind.RUCIO), [rucio.AccountUsage(rse, percent * GB, 1, 100 * GB)])


def rules(user: User, *states: str, **facts: Any) -> None:
    for state in states:
        account_watch.look_at_rules(user, service(ServiceKind.RUCIO), [replace(RULE, state=state, **facts)] if state else [])


def test_each_mark_of_a_quota_is_told_once_until_it_was_relaxed(people: dict[str, User]) -> None:
    quota(people["lead"], 50, 79, 81, 90, 79, 81)
    assert seen_by(people["lead"]) == ["lake.quota_80"]
    quota(people["lead"], 96, 90, 99, 76, 99)
    assert seen_by(people["lead"]) == ["lake.quota_80", "lake.quota_95"]
    quota(people["lead"], 74, 97)
    assert seen_by(people["lead"]) == ["lake.quota_80", "lake.quota_95", "lake.quota_95"]
    assert Event.objects.latest("pk").title == "Your quota at A is 95% used"
    assert "97.0 GB of 100 GB" in Event.objects.latest("pk").text


def test_no_limit_and_a_limit_of_nothing_are_no_quota(people: dict[str, User]) -> None:
    usages = [rucio.AccountUsage("A", GB, 1, None), rucio.AccountUsage("B", GB, 1, 0)]
    account_watch.look_at_quota(people["lead"], service(ServiceKind.RUCIO), usages)
    assert not Event.objects.exists()


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_bad_storage_element_costs_only_itself(people: dict[str, User], place: int) -> None:
    usages = [rucio.AccountUsage(f"RSE{number}", 90 * GB, 1, 100 * GB) for number in range(3)]
    usages[place] = rucio.AccountUsage("BAD", "much", 1, 100 * GB)  # type: ignore[arg-type]
    account_watch.look_at_quota(people["lead"], service(ServiceKind.RUCIO), usages)
    assert Event.objects.count() == 2


def test_a_stuck_rule_is_told_once_however_rucio_retries_it_and_anew_after_it_was_in_order(people: dict[str, User]) -> None:
    long_ago = timezone.now() - timedelta(hours=2)
    rules(people["lead"], "STUCK", "STUCK", "REPLICATING", "STUCK", stuck=long_ago, error="no source")
    assert seen_by(people["lead"]) == ["lake.rule_stuck"]
    assert title_of("lake.rule_stuck") == "Your rule on user.lead:a is stuck"
    rules(people["lead"], "OK", "STUCK", stuck=long_ago)
    rules(people["lead"], "", "STUCK", stuck=long_ago)  # gone, and made anew
    assert Event.objects.count() == 3


def test_a_rule_that_is_stuck_for_minutes_is_not_told_yet(people: dict[str, User]) -> None:
    rules(people["lead"], "STUCK", stuck=timezone.now() - timedelta(minutes=5))
    assert not Event.objects.exists()


def test_the_end_of_a_rule_is_told_once_and_anew_when_it_was_changed(people: dict[str, User]) -> None:
    now = timezone.now()
    rules(people["lead"], "OK", "OK", created=now - timedelta(days=30), expires=now + timedelta(days=2))
    assert seen_by(people["lead"]) == ["lake.rule_expires"]
    rules(people["lead"], "OK", "OK", created=now - timedelta(days=30), expires=now + timedelta(days=2, hours=3))
    assert Event.objects.count() == 2


def test_an_end_that_is_far_or_wanted_is_not_told(people: dict[str, User]) -> None:
    now = timezone.now()
    rules(people["lead"], "OK", created=now - timedelta(days=30), expires=now + timedelta(days=4))
    rules(people["lead"], "OK", created=now, expires=now + timedelta(days=2))  # meant to last two days
    rules(people["lead"], "OK", created=now - timedelta(days=30), expires=now + timedelta(minutes=50))  # being deleted
    assert not Event.objects.exists()


def test_a_rule_on_data_that_were_closed_to_its_person_is_not_shown(people: dict[str, User]) -> None:
    rules(people["member"], "STUCK", scope="KM3NET_EMBARGO_SP")
    assert Event.objects.count() == 1
    assert seen_by(people["member"]) == []


def test_only_people_who_are_signed_in_and_known_to_the_lake_are_looked_at_and_once_in_an_hour(people: dict[str, User]) -> None:
    lake = service(ServiceKind.RUCIO)
    for name in ("lead", "member"):
        row = Token(user=people[name], service="")
        end = timezone.now() + timedelta(hours=1)
        row.fill(Tokens(access="a", refresh="r", identity="", scope="", expires_at=end), purpose="test")
        row.save()
    for name in ("lead", "outsider"):
        accounts.store(people[name], lake, has_account=True, name=name)
    assert list(account_watch.due()) == [(people["lead"].pk, lake.name)]
    assert list(account_watch.due()) == []


def test_a_quota_that_cannot_be_read_does_not_hide_the_rules(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise RemoteUnavailable("away")

    monkeypatch.setattr(account_watch, "access_token", lambda *_, **__: "token")
    monkeypatch.setattr(rucio, "list_usage", away)
    monkeypatch.setattr(rucio, "whoami", lambda *_: "lead")
    monkeypatch.setattr(rucio, "list_all_rules", lambda *_, **__: [replace(RULE, state="STUCK")])
    tasks.watch_account(people["lead"].pk, "escape")
    assert seen_by(people["lead"]) == ["lake.rule_stuck"]
    monkeypatch.setattr(rucio, "list_all_rules", away)
    tasks.watch_account(people["lead"].pk, "escape")
    tasks.watch_account(people["lead"].pk, "gone")


def test_rows_of_accounts_at_which_nobody_looks_any_more_are_deleted(people: dict[str, User]) -> None:
    quota(people["lead"], 90)
    rules(people["lead"], "STUCK")
    account_watch.forget()
    assert (QuotaMark.objects.count(), StuckRule.objects.count()) == (1, 1)
    for model in (QuotaMark, StuckRule):
        model._default_manager.update(seen_at=timezone.now() - timedelta(days=91))
    account_watch.forget()
    assert (QuotaMark.objects.count(), StuckRule.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["quota", "rule"])
def test_of_two_looks_at_once_one_tells(what: str) -> None:
    lead = make_person("lead")
    together = threading.Barrier(2)

    def look() -> None:
        together.wait()
        try:
            if what == "quota":
                quota(lead, 97)
            else:
                rules(lead, "STUCK")
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Event.objects.count() == 1
