"""Assigning, due dates, locks, attachments and quotes: who may, and what stands in the thread afterwards."""

import itertools
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from projects.requests import attention_items, due_dates, handling, services
from projects.requests.attachments import checked
from projects.requests.models import Request, RequestAttachment, RequestEvent
from projects.requests.services import RequestRefused
from projects.requests.timeline import Formatter
from tests.factories import make_request, make_stranger
from vre_portal import attention
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export, erasure
from vre_portal.notices.models import Event, Notice
from vre_portal.search import audiences

SignIn = Callable[..., Client]
People = dict[str, User]
pytestmark = pytest.mark.django_db


@pytest.fixture
def item(people: People) -> Request:
    return make_request(people["outsider"])


def test_who_answers_assigns_sets_a_date_and_locks_and_all_of_it_stands_in_the_thread(
    signed_in: SignIn, people: People, item: Request
) -> None:
    where, admin = item.get_absolute_url(), signed_in("admin")
    for _ in range(2):
        admin.post(f"{where}assign/")
        admin.post(f"{where}due/", {"due_at": "2031-02-03"})
        admin.post(f"{where}lock/", {"locked": "yes"})
    item.refresh_from_db()
    assert [event.what for event in item.events.all()] == ["assigned", "due", "locked"]
    page = signed_in("outsider").get(where).content.decode()
    assert "took on the request" in page
    assert "set the due date to 3 Feb 2031" in page
    assert "The thread is locked" in page
    assert signed_in("outsider").post(f"{where}comment/", {"text": "x", "key": str(uuid.uuid4())}).status_code == 409
    assert admin.post(f"{where}comment/", {"text": "x", "key": str(uuid.uuid4())}).status_code == 302
    admin.post(f"{where}due/", {"due_at": ""})
    admin.post(f"{where}lock/", {"locked": "no"})
    admin.post(f"{where}assign/", {"person": str(people["admin"].pk), "action": "remove"})
    item.refresh_from_db()
    assert (item.due_at, item.locked, item.assignees.count()) == (None, False, 0)
    assert admin.post(f"{where}due/", {"due_at": "tomorrow"}).status_code == 400


def test_only_people_who_can_answer_are_assigned_and_only_they_handle(signed_in: SignIn, people: People, item: Request) -> None:
    for name in ("outsider", "member", "lead"):
        with pytest.raises(RequestRefused, match="answer this request"):
            handling.assign(by=people["admin"], request=item, person=people[name])
        with pytest.raises(RequestRefused):
            handling.assign(by=people[name], request=item, person=people["admin"])
        with pytest.raises(RequestRefused):
            handling.set_due(by=people[name], request=item, due_at=timezone.localdate())
        with pytest.raises(RequestRefused):
            handling.set_locked(by=people[name], request=item, is_locked=True)
    where = item.get_absolute_url()
    for action in ("assign", "due", "lock", "retry", "done"):
        assert signed_in("member").post(f"{where}{action}/").status_code == 404
    assert signed_in("admin").post(f"{where}assign/", {"person": "9" * 30}).status_code == 404
    assert not RequestEvent.objects.exists()


def test_where_the_assignee_cannot_answer_any_more_the_others_are_told(people: People, item: Request) -> None:
    second = make_stranger("second", is_staff=True)
    handling.assign(by=people["admin"], request=item, person=second)
    User.objects.filter(pk=second.pk).update(is_staff=False)
    Notice.objects.all().delete()
    services.comment(by=people["outsider"], request=item, text="Is there news?", key=uuid.uuid4())
    assert list(Notice.objects.values_list("user", flat=True)) == [people["admin"].pk]


def test_a_finished_request_is_not_handled_any_more(people: People, item: Request) -> None:
    services.decline(by=people["admin"], request=item, text="No")
    with pytest.raises(RequestRefused, match="finished"):
        handling.assign(by=people["admin"], request=item, person=people["admin"])


def test_an_overdue_request_is_told_once_to_those_who_handle_it(signed_in: SignIn, people: People, item: Request) -> None:
    handling.assign(by=people["admin"], request=item, person=people["admin"])
    handling.set_due(by=people["admin"], request=item, due_at=timezone.localdate() + timedelta(days=1))
    for _ in range(2):
        due_dates.remind()
    Request.objects.update(due_at=timezone.localdate() - timedelta(days=1))
    for _ in range(2):
        due_dates.remind()
    assert list(Notice.objects.filter(event__kind="requests.due").values_list("user", flat=True)) == [people["admin"].pk] * 2
    assert "overdue" in signed_in("admin").get("/requests/?overdue=on").content.decode()


def test_notices_go_to_the_other_side_and_only_to_those_who_may_read_the_request(people: People, item: Request) -> None:
    services.comment(by=people["outsider"], request=item, text="Is there news?", key=uuid.uuid4())
    services.comment(by=people["admin"], request=item, text="Soon.", key=uuid.uuid4())
    services.decline(by=people["admin"], request=item, text="No")
    told = sorted(Notice.objects.values_list("event__kind", "user__preferred_username"))
    expected = [
        ("requests.answered", "admin"),
        ("requests.answered", "outsider"),
        ("requests.decided", "outsider"),
        ("requests.opened", "admin"),
    ]
    assert [(kind, name) for kind, name in told] == expected
    rules = set(Event.objects.values_list("audience__rule", flat=True))
    assert len(rules) == 1
    assert {name for name, person in people.items() if audiences.rules_that_hold(person, rules)} == {"outsider", "admin"}
    User.objects.filter(pk=people["admin"].pk).update(is_staff=False)
    assert not audiences.rules_that_hold(User.objects.get(pk=people["admin"].pk), rules)


def test_an_erased_person_takes_files_along_and_what_they_handled_stays(
    people: People, item: Request, django_capture_on_commit_callbacks: Any
) -> None:
    file = checked(SimpleUploadedFile("a.txt", b"mine"))
    services.comment(by=people["outsider"], request=item, text="See", key=uuid.uuid4(), files=[file])
    other = make_request(make_stranger("second"))
    handling.assign(by=people["admin"], request=other, person=people["admin"])
    assert "a.txt" in str(data_export.export_person(people["outsider"]))
    stored = Path(django_settings.MEDIA_ROOT, RequestAttachment.objects.get().file.name)
    assert stored.exists()
    with django_capture_on_commit_callbacks(execute=True):
        erasure.erase(people["outsider"])
    assert not stored.exists()
    with django_capture_on_commit_callbacks(execute=True):
        erasure.erase(people["admin"])
    assert other.events.count() == 1
    assert other.assignees.count() == 0


def test_a_quotation_begins_a_comment_with_the_words_of_another(signed_in: SignIn, people: People, item: Request) -> None:
    line = services.comment(by=people["admin"], request=item, text="Which version?\nAnd why?", key=uuid.uuid4())
    page = signed_in("outsider").get(f"{item.get_absolute_url()}?quote={line.pk}").content.decode()
    assert "&gt; Which version?" in page
    foreign = make_request(make_stranger("second"))
    other = services.comment(by=people["admin"], request=foreign, text="Secret of others", key=uuid.uuid4())
    for odd in (other.pk, "x", "9" * 40, "-1"):
        assert "Secret of others" not in signed_in("outsider").get(f"{item.get_absolute_url()}?quote={odd}").content.decode()


@pytest.mark.parametrize(
    "text", ["[a](javascript:alert(1))", "<script>alert(1)</script>", "![x](https://evil.example/p.png)", "<img src=x>"]
)
def test_hostile_markdown_is_harmless(signed_in: SignIn, people: People, item: Request, text: str) -> None:
    services.comment(by=people["outsider"], request=item, text=text, key=uuid.uuid4())
    page = signed_in("admin").get(item.get_absolute_url()).content.decode()
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "<img" not in page


def test_formatting_that_costs_much_is_given_up_and_keeps_the_lines() -> None:
    formatter = Formatter()
    assert "<strong>" in formatter.html("**first**", "a-")
    formatter.left = 0
    assert formatter.html("**later** <b>\r\n  line", "b-") == '<p class="written">**later** &lt;b&gt;\n  line</p>'
    assert re.search(r"\.written\b[^{}]*\{[^}]*white-space: pre-wrap", (django_settings.BASE_DIR / "static/css/pieces.css").read_text())


def test_a_thread_looks_the_same_however_busy_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(0, 10)
    monkeypatch.setattr("time.monotonic", lambda: float(next(clock)))
    formatter = Formatter()
    texts = ["**words** of a comment, with `code`\n" * 40] * 100
    assert all("<strong>" in formatter.html(text, f"c{number}-") for number, text in enumerate(texts))
    dear = [formatter.html("^[a]" * 1000, f"d{number}-") for number in range(100)]
    assert 'class="written"' not in dear[0]
    assert 'class="written"' in dear[-1]


def test_line_ends_of_browsers_are_no_marks_in_the_text(signed_in: SignIn, people: People) -> None:
    form = {"name": "agnpy", "packages": "agnpy 0.4\r\nnumpy", "text": "First\r\n\r\n- one\r\n- two", "key": str(uuid.uuid4())}
    where = signed_in("outsider").post("/requests/new/environment/", form).url
    signed_in("admin").post(f"{where}comment/", {"text": "> Why\r\n\r\nBecause", "key": str(uuid.uuid4())})
    page = signed_in("outsider").get(where).content.decode()
    assert "\ufffd" not in page
    assert "<li>one</li>" in page
    assert "<p>Because</p>" in page


def test_an_assignee_who_lost_the_role_hides_a_request_from_nobody(signed_in: SignIn, people: People, item: Request) -> None:
    second, third = (make_stranger(name, is_staff=True) for name in ("second", "third"))
    handling.assign(by=people["admin"], request=item, person=second)
    assert [len(attention.items(person)) for person in (people["admin"], second, third)] == [0, 1, 0]
    User.objects.filter(pk=second.pk).update(is_staff=False)
    assert [len(attention.items(User.objects.get(pk=person.pk))) for person in (people["admin"], second, third)] == [1, 0, 1]
    assert "can no longer answer" in signed_in("admin").get(item.get_absolute_url()).content.decode()
    handling.assign(by=people["admin"], request=item, person=third)
    assert [len(attention.items(person)) for person in (people["admin"], third)] == [0, 1]
    User.objects.filter(pk=third.pk).update(is_active=False)
    assert len(attention.items(people["admin"])) == 1


def test_what_waits_costs_the_same_however_many_requests_are_assigned(people: People, django_assert_max_num_queries: Any) -> None:
    second = make_stranger("second", is_staff=True)
    for number in range(6):
        make_request(make_stranger(f"asking-{number}")).assignees.add(second if number % 2 else people["admin"])
    with django_assert_max_num_queries(2):
        assert len(list(attention_items.to_answer(people["admin"]))) == 3


def unread(person: User, item: Request) -> list[str]:
    rows = Notice.objects.filter(user=person, event__group=f"request:{item.pk}", read_at=None)
    return list(rows.order_by("pk").values_list("event__kind", flat=True))


def test_who_opens_a_request_has_read_its_notices(signed_in: SignIn, people: People, item: Request) -> None:
    second = make_stranger("second", is_staff=True)
    services.comment(by=people["outsider"], request=item, text="Is there news?", key=uuid.uuid4())
    signed_in("admin").head(item.get_absolute_url())
    assert len(unread(people["admin"], item)) == 2
    signed_in("admin").get(item.get_absolute_url())
    assert unread(people["admin"], item) == []
    assert unread(second, item) == ["requests.answered"]


@pytest.mark.parametrize("way", ["approve", "decline", "withdraw"])
def test_what_is_decided_asks_nobody_any_more(people: People, way: str) -> None:
    second = make_stranger("second", is_staff=True)
    item = make_request(people["outsider"])
    handling.assign(by=people["admin"], request=item, person=second)
    handling.set_due(by=people["admin"], request=item, due_at=timezone.localdate())
    due_dates.remind()
    assert unread(second, item) == ["requests.opened", "requests.assigned", "requests.due"]
    if way == "approve":
        services.approve(by=people["admin"], request=item)
    elif way == "decline":
        services.decline(by=people["admin"], request=item, text="No")
    else:
        services.withdraw(by=people["outsider"], request=item)
    assert unread(people["admin"], item) == unread(second, item) == []


def test_who_is_taken_off_a_request_is_told(people: People, item: Request) -> None:
    second = make_stranger("second", is_staff=True)
    handling.assign(by=people["admin"], request=item, person=second)
    handling.unassign(by=people["admin"], request=item, person=second)
    titles = Notice.objects.filter(user=second).values_list("event__title", flat=True)
    assert [title for title in titles if "removed your assignment" in title]
    handling.assign(by=people["admin"], request=item, person=people["admin"])
    handling.unassign(by=people["admin"], request=item, person=people["admin"])
    assert not Notice.objects.filter(user=people["admin"], event__kind="requests.assigned").exists()


def test_a_decided_request_is_still_commented_unless_it_is_locked(signed_in: SignIn, people: People, item: Request) -> None:
    where, outsider, admin = item.get_absolute_url(), signed_in("outsider"), signed_in("admin")
    services.decline(by=people["admin"], request=item, text="No")
    outsider.get(where)
    assert attention.items(people["outsider"]) == []
    assert "Add a comment" in outsider.get(where).content.decode()
    for person, page in (("outsider", outsider), ("admin", admin)):
        assert page.post(f"{where}comment/", {"text": f"From {person}", "key": str(uuid.uuid4())}).status_code == 302
    assert unread(people["admin"], item) == ["requests.answered"]
    assert [row.title for row in attention.items(people["outsider"])] == ["New comment: Environment gammapy"]
    admin.post(f"{where}lock/", {"locked": "yes"})
    assert outsider.post(f"{where}comment/", {"text": "x", "key": str(uuid.uuid4())}).status_code == 409
    assert admin.post(f"{where}comment/", {"text": "x", "key": str(uuid.uuid4())}).status_code == 302
    assert outsider.post(f"{where}lock/", {"locked": "no"}).status_code == 302
    item.refresh_from_db()
    assert (item.state, item.locked) == ("declined", True)


def test_the_same_is_asked_for_once_at_a_time_and_the_page_says_so(signed_in: SignIn, people: People) -> None:
    outsider = signed_in("outsider")

    def post(**values: str) -> tuple[str, str]:
        form = {"name": "agnpy", "packages": "agnpy 0.4", "text": "For my analysis.", "key": str(uuid.uuid4()), **values}
        reply = outsider.post("/requests/new/environment/", form, follow=True)
        return reply.redirect_chain[0][0], reply.content.decode()

    first, page = post()
    assert "Your request was sent" in page
    again, page = post()
    assert again == first
    assert "You have already asked for this" in page
    assert "Your request was sent" not in page
    assert post(packages="agnpy 0.5")[0] != first
    assert post(text="For another reason.")[0] != first  # or these words would be lost
    services.withdraw(by=people["outsider"], request=Request.objects.earliest("pk"))
    assert post()[0] != first
