"""How people choose to be told, and the secret address of their feeds."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects.models import Role
from tests.factories import make_project, make_public, make_webhook
from tests.notices.conftest import ENDED, OTHER
from vre_portal.iam.models import User
from vre_portal.iam.personal_data.data_export import export_person
from vre_portal.iam.personal_data.erasure import erase
from vre_portal.notices import feeds, kinds, preferences, services
from vre_portal.notices.kinds import Delivery, NoticeKind, all_kinds
from vre_portal.notices.models import FeedAddress, Follow, Notice, Preference
from vre_portal.notices.visibility import with_confirmed_groups
from vre_portal.notices.webhooks.models import Webhook
from vre_portal.search import audiences

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
Give = Callable[..., Notice]
SETTINGS = "/notices/settings/"
MAILED = kinds.register(NoticeKind("tests.mailed", "Something that is mailed", "Tests", Delivery.MAIL))
FIXED = kinds.register(NoticeKind("tests.fixed", "Something that is always told", "Tests", can_turn_off=False))


def form(**changes: str) -> dict[str, str]:
    return {**{kind.key: "default" for kind in all_kinds()}, **changes}


def chosen(user: User) -> dict[str, str]:
    return dict(Preference.objects.filter(user=user).values_list("kind", "delivery"))


def test_a_choice_is_stored_also_where_it_is_the_default_today(signed_in: SignIn, people: dict[str, User]) -> None:
    assert ENDED.default is Delivery.INBOX
    signed_in("lead").post(SETTINGS, form(**{ENDED.key: "inbox"}))
    assert chosen(people["lead"]) == {ENDED.key: "inbox"}


def test_who_only_follows_gets_what_they_chose_also_where_it_is_the_default_of_others(signed_in: SignIn, people: dict[str, User]) -> None:
    Follow.objects.create(user=people["lead"], topic="project:5")
    browser = signed_in("lead")
    assert "default: e-mail at once" in browser.get(SETTINGS).content.decode()
    for number, (choice, told) in enumerate({"default": "inbox", "mail": "mail"}.items()):
        browser.post(SETTINGS, form(**{MAILED.key: choice}))
        event = services.notify(MAILED.key, str(number), title="Mailed", url="/", audience=audiences.PUBLIC, topics=["project:5"])
        assert event is not None
        assert event.notices.get().delivery == told


def test_what_a_form_does_not_name_is_left_as_it_is(signed_in: SignIn, people: dict[str, User]) -> None:
    preferences.save({ENDED.key: Delivery.MAIL}, by=people["lead"])
    signed_in("lead").post(SETTINGS, {OTHER.key: "digest"})
    assert chosen(people["lead"]) == {ENDED.key: "mail", OTHER.key: "digest"}


def test_who_has_no_webhook_is_told_that_nothing_is_sent_by_one(signed_in: SignIn, people: dict[str, User]) -> None:
    browser = signed_in("lead")
    text = "You have no webhook that is switched on, so nothing is sent by webhook."
    assert text in browser.get(SETTINGS).content.decode()
    assert browser.post(SETTINGS, form(**{ENDED.key: "webhook"}), follow=True).content.decode().count(text) == 2
    webhook = make_webhook(None, people["lead"])[0]
    assert text not in browser.get(SETTINGS).content.decode()
    Webhook.objects.filter(pk=webhook.pk).update(is_on=False)
    assert text in browser.get(SETTINGS).content.decode()


def test_whom_e_mail_does_not_reach_is_told_that_none_is_sent(signed_in: SignIn, settings: Any) -> None:
    text, browser = "E-mail does not reach you at present", signed_in("lead")
    settings.MAIL_SERVER = {**settings.MAIL_SERVER, "host": ""}
    assert browser.get(SETTINGS).content.decode().count(text) == 1
    assert browser.post(SETTINGS, form(**{ENDED.key: "mail", OTHER.key: "digest"}), follow=True).content.decode().count(text) == 2


def test_a_choice_is_stored_and_the_default_is_not(signed_in: SignIn, people: dict[str, User]) -> None:
    browser = signed_in("lead")
    browser.post(SETTINGS, form(**{ENDED.key: "mail"}))
    assert chosen(people["lead"]) == {ENDED.key: "mail"}
    browser.post(SETTINGS, form())
    assert chosen(people["lead"]) == {}


def test_a_whole_section_is_set_at_once_and_other_choices_are_kept(signed_in: SignIn, people: dict[str, User]) -> None:
    signed_in("lead").post(SETTINGS, {**form(**{OTHER.key: "digest"}), "section": "tests", "all:tests": "none"})
    stored = chosen(people["lead"])
    assert (stored[ENDED.key], stored[OTHER.key]) == ("none", "digest")
    assert stored[FIXED.key] == "inbox"


def test_what_cannot_be_turned_off_offers_no_none(signed_in: SignIn, people: dict[str, User]) -> None:
    browser = signed_in("lead")
    page = browser.get(SETTINGS).content.decode()
    field = page[page.index(f'name="{FIXED.key}"') :]
    assert 'value="none"' not in field[: field.index("</fieldset>")]
    assert browser.post(SETTINGS, form(**{FIXED.key: "none", ENDED.key: "mail"})).status_code == 400
    assert chosen(people["lead"]) == {}


def test_webhooks_are_offered_once_something_delivers_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "_deliveries", [Delivery.NONE, Delivery.INBOX])
    monkeypatch.setattr(kinds, "_checks", {})
    assert Delivery.WEBHOOK not in kinds.deliveries(ENDED)
    kinds.offer(Delivery.WEBHOOK, lambda _user: None)
    assert Delivery.WEBHOOK in kinds.deliveries(ENDED)


def test_all_choices_are_reset(signed_in: SignIn, people: dict[str, User]) -> None:
    preferences.save({ENDED.key: Delivery.MAIL}, by=people["lead"])
    signed_in("lead").post(SETTINGS, {"reset": "1"})
    assert chosen(people["lead"]) == {}


def feed_of(browser: Client) -> str:
    browser.post("/notices/settings/feed/renew/", {"seen": nonce_of(browser)})
    page = browser.get(f"{SETTINGS}?feed=1").content.decode()
    return re.search(r"/notices/feed/[\w-]+\.atom", page)[0]  # type: ignore[index]


def nonce_of(browser: Client) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', browser.get(SETTINGS).content.decode())
    return found[1] if found else ""


def test_a_feed_is_read_without_a_session(signed_in: SignIn, client: Client, give: Give) -> None:
    give("Fish & <chips>")
    answer = client.get(feed_of(signed_in("lead")))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/atom+xml; charset=utf-8")
    assert "Fish &amp; &lt;chips&gt;" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_each_person_has_feeds_of_their_own_in_a_language(client: Client, people: dict[str, User]) -> None:
    """Feed readers take two feeds with the same identifier for one."""
    make_public(slug="moon")
    secrets = [feeds.secret_of(feeds.renew(by=people[name], seen="")) for name in ("lead", "member")]
    addresses = [*(f"/notices/feed/{secret}.atom" for secret in secrets), "/projects/moon/activity/feed.atom"]
    addresses += [f"/projects/moon/activity/feed/{secret}.atom" for secret in secrets]
    pages = [client.get(address).content.decode() for address in addresses]
    assert len({re.search("<id>(.*?)</id>", page)[1] for page in pages}) == len(addresses)  # type: ignore[index]
    assert all('xml:lang="en' in page for page in pages)
    renewed = feeds.secret_of(feeds.renew(by=people["lead"], seen=str(FeedAddress.objects.get(user=people["lead"]).nonce)))
    assert re.search("<id>.*?</id>", pages[0])[0] in client.get(f"/notices/feed/{renewed}.atom").content.decode()  # type: ignore[index]


def test_a_feed_that_has_not_changed_is_not_sent_again(client: Client, give: Give, people: dict[str, User]) -> None:
    make_public(slug="moon")
    notice, secret = give(), feeds.secret_of(feeds.renew(by=people["lead"], seen=""))
    for address in (f"/notices/feed/{secret}.atom", f"/projects/moon/activity/feed/{secret}.atom", "/projects/moon/activity/feed.atom"):
        tag = client.get(address)["ETag"]
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
        assert client.get(address, headers={"If-None-Match": '"x"'}).status_code == 200
    tag = client.get(f"/notices/feed/{secret}.atom")["ETag"]
    notice.delete()
    assert client.get(f"/notices/feed/{secret}.atom", headers={"If-None-Match": tag}).status_code == 200


def test_a_renewed_or_revoked_address_opens_nothing(signed_in: SignIn, client: Client) -> None:
    browser = signed_in("lead")
    first = feed_of(browser)
    second = feed_of(browser)
    assert first != second
    wrong = client.get("/notices/feed/no-such-secret.atom")
    assert (client.get(first).status_code, client.get(second).status_code) == (404, 200)
    browser.post("/notices/settings/feed/revoke/")
    gone = client.get(second)
    assert (gone.status_code, wrong.status_code) == (404, 404)
    same = [re.sub(r"[0-9a-f]{8,}|no-such-secret|[\w-]{43}", "", answer.content.decode()) for answer in (gone, wrong)]
    assert same[0] == same[1]


def test_pressing_renew_twice_makes_one_address(signed_in: SignIn, people: dict[str, User]) -> None:
    browser = signed_in("lead")
    for _ in range(2):
        browser.post("/notices/settings/feed/renew/", {"seen": ""})
        nonce = FeedAddress.objects.get(user=people["lead"]).nonce
    browser.post("/notices/settings/feed/renew/", {"seen": ""})
    assert FeedAddress.objects.get(user=people["lead"]).nonce == nonce


def test_a_closed_account_has_no_feed(signed_in: SignIn, client: Client, people: dict[str, User]) -> None:
    address = feed_of(signed_in("lead"))
    User.objects.filter(pk=people["lead"].pk).update(is_active=False)
    assert client.get(address).status_code == 404


def test_groups_that_nobody_confirmed_for_long_do_not_count_in_a_feed(
    signed_in: SignIn, client: Client, give: Give, people: dict[str, User]
) -> None:
    project = make_project(groups={"escape/km3net": Role.MEMBER})
    give("Inside", audience=audiences.rule(audiences.condition("members", project.pk)))
    address = feed_of(signed_in("lead"))
    now = timezone.now()
    User.objects.filter(pk=people["lead"].pk).update(groups_seen_at=now)
    assert "Inside" in client.get(address).content.decode()
    User.objects.filter(pk=people["lead"].pk).update(groups_seen_at=now - timedelta(days=8))
    page = client.get(address).content.decode()
    assert "Inside" not in page
    assert "Sign in to the portal" in page


def test_an_administrator_whom_nobody_confirmed_for_long_is_none_in_a_feed(people: dict[str, User]) -> None:
    """Also one without any group left: being an administrator came from a group, too."""
    admin = people["admin"]
    for groups in (admin.groups, []):
        admin.groups, admin.groups_seen_at = groups, timezone.now()
        assert with_confirmed_groups(admin).is_staff
        admin.groups_seen_at = timezone.now() - timedelta(days=8)
        assert not with_confirmed_groups(admin).is_staff
    assert admin.is_staff


def test_the_secret_is_not_stored_and_not_exported(people: dict[str, User]) -> None:
    row = feeds.renew(by=people["lead"], seen="")
    secret = feeds.secret_of(row)
    assert secret not in str(FeedAddress.objects.values().get())
    exported = str(export_person(people["lead"])["notices.feedaddress"])
    assert secret not in exported
    assert row.secret_digest not in exported


def test_the_feed_of_a_project_is_for_who_may_see_it(client: Client, people: dict[str, User]) -> None:
    make_project(slug="secret", lead=people["lead"])
    mine, other = (feeds.secret_of(feeds.renew(by=people[name], seen="")) for name in ("lead", "outsider"))
    assert client.get(f"/projects/secret/activity/feed/{mine}.atom").status_code == 200
    assert client.get(f"/projects/secret/activity/feed/{other}.atom").status_code == 404
    assert client.get("/projects/secret/activity/feed/x.atom").status_code == 404


def test_an_erased_person_leaves_no_notice_follow_nor_feed(people: dict[str, User], give: Give) -> None:
    give(to="newcomer")
    feeds.renew(by=people["newcomer"], seen="")
    preferences.save({ENDED.key: Delivery.MAIL}, by=people["newcomer"])
    erase(people["newcomer"])
    assert not Notice.objects.filter(user=people["newcomer"]).exists()
    assert not FeedAddress.objects.exists()
    assert not Preference.objects.exists()


def test_how_a_test_mail_is_told_is_no_choice(signed_in: SignIn) -> None:
    assert 'name="mail.test"' not in signed_in("lead").get(SETTINGS).content.decode()


def test_pressing_set_all_without_a_choice_changes_nothing(signed_in: SignIn, people: dict[str, User]) -> None:
    signed_in("lead").post(SETTINGS, {**form(), "section": "tests", "all:tests": ""})
    assert chosen(people["lead"]) == {}
