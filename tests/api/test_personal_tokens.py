"""Personal tokens at the API: whose they are, what they allow, until when."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.api.callers import bearing, code_of, program, ready
from vre_portal.api import callers
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import Identity, User
from vre_portal.iam.personal_data.data_export import export_person
from vre_portal.iam.personal_tokens import services
from vre_portal.iam.personal_tokens.models import PREFIX, PersonalToken, Scope
from vre_portal.notices.models import Notice

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def test_it_is_the_persons_and_allows_what_it_says(people: dict[str, User]) -> None:
    reply = program(people["member"], Scope.BASKET_READ).get("/api/me/")
    assert (reply.status_code, reply.json()["scopes"]) == (200, ["basket:read"])
    assert reply.json()["name"] == str(people["member"])
    assert reply["Cache-Control"] == "private, no-store"


def test_only_a_digest_is_stored_and_its_use_is_noted_once_a_minute(people: dict[str, User]) -> None:
    caller = program(people["member"])
    token = PersonalToken.objects.get()
    assert token.last_used_at is None
    caller.get("/api/me/")
    token.refresh_from_db()
    first = token.last_used_at
    caller.get("/api/me/")
    token.refresh_from_db()
    assert first is not None
    assert token.last_used_at == first
    assert PREFIX not in str(vars(token))
    assert len(token.secret_digest) == 64


@pytest.mark.parametrize("end", ["revoked", "expired", "blocked"])
def test_it_ends_at_once(people: dict[str, User], end: str) -> None:
    caller = program(people["member"])
    assert caller.get("/api/me/").status_code == 200
    token = PersonalToken.objects.get()
    if end == "revoked":
        services.revoke(token, by=people["member"])
    elif end == "expired":
        PersonalToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    else:
        User.objects.filter(pk=people["member"].pk).update(is_active=False)
    reply = caller.get("/api/me/")
    assert code_of(reply) == (401, "unauthorized")
    assert reply["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic abc", f"Bearer {PREFIX}wrong", f"Bearer {'x' * 20_000}", "Bearer a b", "Bearer é"]
)
def test_what_is_no_token_is_refused_in_json(header: str) -> None:
    reply = Client(headers={"Authorization": header} if header else {}).get("/api/me/")
    assert code_of(reply) == (401, "unauthorized")
    assert reply.json()["error"]["next"]


def test_a_session_opens_nothing(signed_in: SignIn) -> None:
    assert code_of(signed_in("member").get("/api/me/")) == (401, "unauthorized")


def test_nothing_is_done_for_somebody_who_has_not_accepted_the_policies(people: dict[str, User], settings: Any) -> None:
    settings.POLICIES_REQUIRED = True
    _token, secret = services.create("early", scopes=list(Scope), days=1, by=people["member"])
    assert code_of(bearing(secret).get("/api/me/")) == (403, "policies")
    ready(people["member"])
    assert bearing(secret).get("/api/me/").status_code == 200


def test_failed_attempts_of_one_address_are_limited_and_calls_of_one_person(people: dict[str, User], settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "api": "2/60", "api-unknown": "2/60"}
    address = {"REMOTE_ADDR": "198.51.100.7"}
    stranger = bearing(f"{PREFIX}wrong", **address)
    assert [stranger.get("/api/me/").status_code for _ in range(3)] == [401, 401, 429]
    caller = program(people["member"], REMOTE_ADDR="198.51.100.8")
    replies = [caller.get("/api/me/") for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert int(replies[2]["Retry-After"]) > 0


def test_groups_that_nobody_confirmed_lately_do_not_count(people: dict[str, User], rf: Any) -> None:
    from vre_portal.api.callers import with_confirmed_groups

    lead = ready(people["lead"])
    assert with_confirmed_groups(lead).groups == lead.groups != []
    lead.groups_seen_at = timezone.now() - timedelta(hours=25)
    assert with_confirmed_groups(lead).groups == []
    lead.groups_seen_at = None
    assert with_confirmed_groups(lead).groups == []
    assert lead.groups != []


def test_groups_of_a_sign_in_that_the_iam_ended_do_not_count_for_another_day(people: dict[str, User]) -> None:
    lead = ready(people["lead"])
    own = Identity.objects.filter(user=lead, issuer=lead.issuer)
    own.update(groups_seen_at=timezone.now())
    lead.groups_seen_at = timezone.now() - timedelta(hours=1)
    assert callers.groups_count(lead), "who signed out is known well enough"
    own.update(groups_seen_at=None)
    assert not callers.groups_count(lead)


def test_it_is_in_the_export_without_its_digest_and_goes_with_the_person(people: dict[str, User]) -> None:
    program(people["member"])
    told = json.dumps(export_person(people["member"]), default=str)
    assert "token 0" in told
    assert PersonalToken.objects.get().secret_digest not in told


def test_the_record_and_a_notice_tell_of_it(people: dict[str, User]) -> None:
    program(people["member"])
    entry = AuditEntry.objects.filter(action=services.CREATED).get()
    assert (entry.actor, entry.facts["days"]) == (people["member"].handle, 30)
    assert Notice.objects.filter(user=people["member"], event__kind="account.token_created").exists()
