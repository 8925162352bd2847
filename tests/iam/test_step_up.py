"""Pages that need a recent sign-in: the IAM is asked to make the person prove it now, and its answer is believed only if it says so."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client

from tests.iam.browsing import CALLBACK, told
from tests.iam.issuer import Issuer
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.iam.sessions import session_tracking, step_up
from vre_portal.services import ServiceKind, service

pytestmark = pytest.mark.django_db
HOME = f"/{settings.ADMIN_PATH}iam/user/"
MFA = "https://refeds.org/profile/mfa"


def enter(visitor: Client, issuer: Issuer, *, fresh: bool, **identity: Any) -> Any:
    """Press the button, prove who one is, and come back; the answer or the page that says why not."""
    issuer.identity_changes = identity
    to_iam = visitor.post("/accounts/login/", {"next": HOME, **({"fresh": "1"} if fresh else {})})["Location"]
    return told(visitor, visitor.get(CALLBACK, issuer.authorize(to_iam, "admin")))


def asked_of(visitor: Client, **form: str) -> dict[str, str]:
    query = parse_qs(urlsplit(visitor.post("/accounts/login/", {"next": HOME, **form})["Location"]).query)
    return {name: values[0] for name, values in query.items()}


@pytest.fixture
def staff(issuer: Issuer, visitor: Client) -> Client:
    """Staff who came in without a word from the IAM about when it last asked them."""
    issuer.tells_time = False
    issuer.person("admin", groups=["escape/admins"])
    assert enter(visitor, issuer, fresh=False)["Location"] == HOME
    return visitor


def test_an_ordinary_sign_in_asks_for_nothing_more_and_opens_no_page_of_staff(staff: Client) -> None:
    assert not {"prompt", "max_age", "acr_values"} & asked_of(staff).keys()
    assert staff.get(HOME)["Location"] == step_up.address(HOME)


def test_being_let_in_without_being_asked_is_no_recent_sign_in(issuer: Issuer, staff: Client) -> None:
    assert enter(staff, issuer, fresh=False, auth_time=int(time.time()) - step_up.RECENT_SECONDS - 1)["Location"] == HOME
    assert staff.get(HOME).status_code == 302
    enter(staff, issuer, fresh=False, auth_time=int(time.time()) - 60)
    assert staff.get(HOME).status_code == 200


def test_a_sign_in_without_proof_does_not_live_on_the_proof_of_the_one_before(issuer: Issuer, staff: Client) -> None:
    enter(staff, issuer, fresh=False, auth_time=int(time.time()) - 60)
    assert staff.get(HOME).status_code == 200
    enter(staff, issuer, fresh=False)
    assert staff.get(HOME)["Location"] == step_up.address(HOME)


def test_the_page_asks_to_prove_it_and_the_request_says_so(staff: Client) -> None:
    page = staff.get(staff.get(HOME)["Location"]).content.decode()
    assert "Confirm it's you" in page
    assert 'name="fresh" value="1"' in page
    query = asked_of(staff, fresh="1")
    assert (query["prompt"], query["max_age"]) == ("login", "900")
    assert "acr_values" not in query


def test_a_prompt_that_the_iam_needs_anyway_is_kept(issuer: Issuer) -> None:
    iam = service(ServiceKind.IAM)
    iam.options["auth_params"] = {"prompt": "consent", "kc_idp_hint": "x"}  # type: ignore[index]
    params, _ = step_up.asking(iam, staff=False)
    assert params == {"prompt": "login consent", "max_age": "900", "kc_idp_hint": "x"}


# What the identity token says of the time, as a function of now, and the check that it fails.
ANSWERS: dict[str, tuple[Callable[[int], dict[str, Any]], str]] = {
    "now": (lambda now: {"auth_time": now}, ""),
    "a clock four minutes behind": (lambda now: {"auth_time": now - 240}, ""),
    "a clock four minutes ahead": (lambda now: {"auth_time": now + 240}, ""),
    "with a fraction": (lambda now: {"auth_time": now - 0.5}, ""),
    "not told": (lambda now: {}, "auth_time missing"),
    "null": (lambda now: {"auth_time": None}, "auth_time missing"),
    "a text": (lambda now: {"auth_time": str(now)}, "auth_time missing"),
    "true": (lambda now: {"auth_time": True}, "auth_time missing"),
    "before it was asked": (lambda now: {"auth_time": now - 310}, "auth_time"),
    "long ago": (lambda now: {"auth_time": 0}, "auth_time"),
    "negative": (lambda now: {"auth_time": -1}, "auth_time"),
    "a clock far ahead": (lambda now: {"auth_time": now + 330}, "time"),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_only_a_time_after_the_request_opens_the_page(case: str, issuer: Issuer, staff: Client) -> None:
    identity, check = ANSWERS[case]
    answer = enter(staff, issuer, fresh=True, **identity(int(time.time())))
    refused = AuditEntry.objects.filter(action="sign-in", outcome="refused")
    assert [entry.facts["check"] for entry in refused] == ([check] if check else [])
    if not check:
        assert answer["Location"] == HOME
        assert staff.get(HOME).status_code == 200
        return
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Identity not confirmed" in page
    assert step_up.address(HOME).replace("&", "&amp;") in page
    assert staff.get(HOME).status_code == 302
    assert staff.get("/me/").status_code == 200  # the session goes on as it was
    assert len(issuer.revoked) == 2  # the tokens of the refused answer


def test_a_proof_is_of_no_use_in_the_future(issuer: Issuer, staff: Client) -> None:
    enter(staff, issuer, fresh=True, auth_time=int(time.time()) + 200)
    assert staff.session[session_tracking.PROVEN_AT] <= time.time()


def test_leaving_the_mark_out_of_the_form_is_an_ordinary_sign_in(issuer: Issuer, staff: Client) -> None:
    assert enter(staff, issuer, fresh=False, auth_time=1)["Location"] == HOME
    assert staff.get(HOME).status_code == 302


class TestTheWayThatStaffMustUse:
    """The option staff_acr."""

    @pytest.fixture(autouse=True)
    def wanted(self, issuer: Issuer) -> None:
        issuer.tells_time = True
        service(ServiceKind.IAM).options["staff_acr"] = [MFA, "other"]  # type: ignore[index]

    @pytest.fixture
    def known(self, staff: Client, issuer: Issuer) -> Client:
        issuer.tells_time = True
        return staff

    def test_is_asked_for(self, known: Client) -> None:
        assert asked_of(known, fresh="1")["acr_values"] == f"{MFA} other"
        assert "acr_values" not in asked_of(known)

    @pytest.mark.parametrize("acr", ["0", "", None, 1, [MFA], f"{MFA} other", MFA.upper()])
    def test_another_way_is_refused(self, acr: Any, known: Client, issuer: Issuer) -> None:
        answer = enter(known, issuer, fresh=True, acr=acr)
        assert answer.status_code == 403
        assert "not with the method required of administrators" in answer.content.decode()
        assert AuditEntry.objects.get(action="sign-in", outcome="refused").facts["check"] == "acr"
        assert known.get(HOME).status_code == 302

    def test_opens_the_pages(self, known: Client, issuer: Issuer) -> None:
        assert enter(known, issuer, fresh=True, acr=MFA)["Location"] == HOME
        assert known.get(HOME).status_code == 200

    def test_an_ordinary_sign_in_of_this_moment_is_not_enough(self, known: Client, issuer: Issuer) -> None:
        enter(known, issuer, fresh=False, acr="0")
        assert known.get(HOME)["Location"] == step_up.address(HOME)

    def test_is_not_wanted_of_others(self, issuer: Issuer, visitor: Client) -> None:
        issuer.person("admin", groups=["escape"])
        enter(visitor, issuer, fresh=False)
        assert enter(visitor, issuer, fresh=True, acr="0").status_code == 302
        assert not User.objects.get().is_staff
