"""A second identity of one person: linked on purpose only, used, and taken away."""

from typing import Any

import pytest
from django.test import Client

from tests.iam.issuer import Issuer
from tests.iam.test_several import back, enter, go
from vre_portal import services
from vre_portal.audit.models import AuditEntry
from vre_portal.http import RemoteError
from vre_portal.iam import issuers, vault, worker
from vre_portal.iam.models import Identity, Token, User, UserSession
from vre_portal.iam.sessions import session_tracking, step_up

pytestmark = pytest.mark.django_db
Two = tuple[Issuer, Issuer]
PAGE = "/me/identities/"


def begin(visitor: Client, issuer: Issuer, sub: str = "bea") -> dict[str, str]:
    """Ask to link an identity at the second IAM, and sign in there."""
    return issuer.authorize(visitor.post(PAGE, {"iam": "egi"})["Location"], issuer.person(sub))


def link(visitor: Client, issuer: Issuer, sub: str = "bea") -> str:
    """The page after all of it."""
    answer = back(visitor, "egi", begin(visitor, issuer, sub))
    assert answer["Location"] == PAGE
    return str(visitor.get(PAGE).content.decode())


def listed(visitor: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = visitor.get(PAGE, {"format": "json"}).json()["items"]
    return found


def me(visitor: Client) -> dict[str, Any]:
    found: dict[str, Any] = visitor.get("/me/", {"format": "json"}).json()
    return found


@pytest.fixture
def ada(two: Two, visitor: Client) -> User:
    return enter(visitor, "iam", two[0], groups=["escape"])


def test_one_links_a_second_identity_and_is_the_same_person_by_either(two: Two, ada: User, visitor: Client) -> None:
    assert "is linked" in link(visitor, two[1])
    assert [(item["issuer"], item["subject"], item["in_use"]) for item in listed(visitor)] == [
        (two[0].url, "ada", True),
        (two[1].url, "bea", False),
    ]
    other = Client()
    enter(other, "egi", two[1], "bea", eduperson_entitlement=["urn:x:y:group:a#egi"])
    assert User.objects.count() == 1
    assert (me(other)["issuer"], me(other)["groups"]) == (two[1].url, ["egi:a", "escape"])
    enter(Client(), "iam", two[0], groups=["escape"])
    assert User.objects.get().pk == ada.pk
    assert User.objects.get().groups == ["egi:a", "escape"]
    assert [entry.actor for entry in AuditEntry.objects.filter(action="identity-link", outcome="ok")] == [ada.handle]


def test_linking_keeps_the_session_and_the_tokens_and_gives_the_others_back(two: Two, ada: User, visitor: Client) -> None:
    before, row = visitor.session.session_key, Token.objects.get()
    link(visitor, two[1])
    assert visitor.session.session_key == before
    assert Token.objects.get() == row
    assert two[1].refreshes == {}
    assert len(two[1].revoked) == 2
    assert me(visitor)["groups"] == ["escape"]


def test_an_identity_with_an_account_of_its_own_is_not_taken_over(two: Two, ada: User, visitor: Client) -> None:
    bea = enter(Client(), "egi", two[1], "bea", email="ada@x.example")
    assert "already has its own account" in link(visitor, two[1])
    assert list(Identity.objects.values_list("user", "subject")) == [(ada.pk, "ada"), (bea.pk, "bea")]
    assert AuditEntry.objects.filter(action="identity-link", outcome="refused").count() == 1


def test_one_identity_belongs_to_one_person(two: Two, ada: User, visitor: Client) -> None:
    link(visitor, two[1])
    eve = Client()
    enter(eve, "iam", two[0], "eve")
    assert "Nothing was linked" in link(eve, two[1])
    assert Identity.objects.filter(subject="bea").get().user == ada


def test_one_identity_at_each_iam(two: Two, ada: User, visitor: Client) -> None:
    first, second = begin(visitor, two[1], "bea"), begin(visitor, two[1], "bob")
    back(visitor, "egi", first)
    back(visitor, "egi", second)
    assert [item["subject"] for item in listed(visitor)] == ["ada", "bea"]
    assert visitor.post(PAGE, {"iam": "egi"})["Location"] == PAGE
    assert visitor.post(PAGE, {"iam": "iam"})["Location"] == PAGE


def test_linking_needs_a_recent_sign_in(two: Two, ada: User, visitor: Client) -> None:
    session = visitor.session
    session[session_tracking.PROVEN_AT] -= step_up.RECENT_SECONDS + 1
    session.save()
    asked = visitor.post(PAGE, {"iam": "egi"})["Location"]
    assert asked == "/accounts/login/?next=%2Fme%2Fidentities%2F&fresh=1"
    assert "the last 15 minutes" in visitor.get(asked).content.decode()
    enter(visitor, "iam", two[0])
    assert "is linked" in link(visitor, two[1])


def test_a_link_begun_by_somebody_else_in_this_browser_links_nothing(two: Two, ada: User, visitor: Client) -> None:
    answer = begin(visitor, two[1])
    states = visitor.session["socialaccount_states"]
    visitor.logout()
    eve = enter(visitor, "iam", two[0], "eve")
    session = visitor.session
    session["socialaccount_states"] = states  # even then
    session.save()
    assert back(visitor, "egi", answer)["Location"] == PAGE
    assert list(Identity.objects.filter(user=eve).values_list("subject", flat=True)) == ["eve"]
    assert not Identity.objects.filter(subject="bea").exists()


def test_the_answer_of_a_linking_is_nothing_in_another_browser(two: Two, ada: User, visitor: Client) -> None:
    answer = begin(visitor, two[1])
    assert back(Client(), "egi", answer)["Location"] == "/accounts/failed/"
    assert not Identity.objects.filter(subject="bea").exists()


def test_linking_needs_the_token_of_the_form(ada: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)
    assert strict.post(PAGE, {"iam": "egi"}).status_code == 403


def test_an_equal_address_links_nothing(two: Two, ada: User) -> None:
    enter(Client(), "egi", two[1], "bea", email=ada.email, email_verified=True, name=ada.name)
    assert len(set(Identity.objects.values_list("user", flat=True))) == 2


def test_unlinking_ends_its_sessions_and_the_identity_is_somebody_new(two: Two, ada: User, visitor: Client) -> None:
    link(visitor, two[1])
    other = Client()
    enter(other, "egi", two[1], "bea")
    enter(visitor, "iam", two[0])
    handle = next(item["handle"] for item in listed(visitor) if item["subject"] == "bea")
    visitor.post(PAGE, {"unlink": handle})
    assert other.get("/me/").status_code == 302
    assert [item["subject"] for item in listed(visitor)] == ["ada"]
    assert list(UserSession.objects.values_list("issuer", flat=True)) == [two[0].url]
    assert enter(Client(), "egi", two[1], "bea").pk != ada.pk
    assert AuditEntry.objects.filter(action="identity-unlink").count() == 1


def test_the_identity_in_use_stays_so_that_there_is_always_one(two: Two, ada: User, visitor: Client) -> None:
    visitor.post(PAGE, {"unlink": listed(visitor)[0]["handle"]})
    assert len(listed(visitor)) == 1
    assert "Unlink" not in visitor.get(PAGE).content.decode().split("<tbody>")[1]


@pytest.mark.parametrize("handle", ["nonsense", "00000000-0000-0000-0000-000000000000", "\0"])
def test_nobody_unlinks_what_is_not_theirs(handle: str, two: Two, ada: User, visitor: Client) -> None:
    eve = Client()
    enter(eve, "iam", two[0], "eve")
    link(eve, two[1])
    for wanted in (handle, *map(str, Identity.objects.exclude(user=ada).values_list("handle", flat=True))):
        assert visitor.post(PAGE, {"unlink": wanted}).status_code == 404
    assert Identity.objects.filter(user__subject="eve").count() == 2


def test_no_iam_sees_a_token_of_another(two: Two, ada: User, visitor: Client) -> None:
    link(visitor, two[1])
    stale = User.objects.get()
    enter(visitor, "egi", two[1], "bea")
    asked = dict(two[0].asked)
    with pytest.raises(RemoteError):
        vault.ask_for_groups(stale)  # a task that began before the other identity was used
    assert dict(two[0].asked) == asked
    retired = Token.objects.exclude(retired_at=None).get()
    assert retired.issuer == two[0].url
    worker.revoke(retired.pk)
    assert two[0].refreshes == {}
    assert len(two[1].revoked) == 2  # those of the linking
    assert services.service(services.ServiceKind.IAM, "egi") == issuers.iam_of(User.objects.get())


def test_who_was_switched_off_stays_out_by_either(two: Two, ada: User, visitor: Client) -> None:
    link(visitor, two[1])
    User.objects.update(is_active=False)
    assert back(Client(), "egi", go(Client(), "egi", two[1], "bea"))["Location"] == "/accounts/failed/"
    other = Client()
    assert back(other, "egi", go(other, "egi", two[1], "bea"))["Location"] == "/accounts/failed/"
    assert other.get("/me/").status_code == 302
