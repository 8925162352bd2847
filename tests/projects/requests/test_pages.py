"""Choosing a kind, its form, the list, and the portal's own kinds with what carries them out."""

import re
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects.models import Project
from projects.requests import configuration, handling, kinds, services, worker
from projects.requests.models import Request, RequestAct, StoredAnswer
from projects.requests.standard import iam_group
from tests.factories import make_project, make_public, make_request, make_stranger
from vre_portal import attention
from vre_portal.iam.groups import membership
from vre_portal.iam.models import Identity, User
from vre_portal.services import ServiceKind, service

SignIn = Callable[..., Client]
People = dict[str, User]
pytestmark = pytest.mark.django_db
FILE = """
[approvers]
environment = ["escape/km3net"]

[group_owners]
"escape/magic" = ["escape/leads"]

[[answer]]
kind = "laptop"
title = "Ready"
text = "Your laptop is ready at the desk."

[[request]]
key = "laptop"
title = "Laptop"
description = "A laptop for a beam time."
approvers = ["escape/leads"]
instructions = "Take one from **the cupboard**."

[[request.fields]]
name = "until"
label = "Needed until"
type = "date"

[[request.fields]]
name = "size"
label = "Size"
type = "choice"
choices = ["13 inch", "15 inch"]

[[request.fields]]
name = "memory"
label = "Memory in GB"
type = "number"
required = false
"""


@pytest.fixture
def configured(settings: Any, tmp_path: Path) -> None:
    path = tmp_path / "requests.toml"
    path.write_text(FILE)
    settings.REQUESTS_FILE = str(path)


def sent(**values: Any) -> dict[str, Any]:
    return {"text": "For my analysis.", "key": str(uuid.uuid4()), **values}


def test_each_kind_is_offered_or_says_why_not(signed_in: SignIn, people: People, settings: Any) -> None:
    settings.PROJECT_CREATORS = []
    page = signed_in("outsider").get("/requests/new/").content.decode()
    assert "/requests/new/environment/" in page
    assert "/requests/new/new-project/" not in page
    assert "You can create projects yourself." in page
    settings.PROJECT_CREATORS = ["escape/leads"]
    assert "/requests/new/new-project/" in signed_in("outsider").get("/requests/new/").content.decode()
    assert signed_in("outsider").get("/requests/new/nothing/").status_code == 404
    assert signed_in("lead").post("/requests/new/new-project/", sent(title="Mine")).status_code == 409


def test_a_form_is_filled_in_from_the_address_and_sent_once(signed_in: SignIn, people: People) -> None:
    make_public(slug="open", lead=people["lead"])
    outsider = signed_in("outsider")
    page = outsider.get("/requests/new/environment/?name=agnpy&text=Because&project=open&key=x&nonsense=y").content.decode()
    assert 'value="agnpy"' in page
    assert "Because" in page
    assert 'value="open" selected' in page
    form = sent(name="agnpy", packages="agnpy 0.4", used_for=["notebooks"], project="open")
    for _ in range(2):
        reply = outsider.post("/requests/new/environment/", form)
    item = Request.objects.get()
    assert reply.url == item.get_absolute_url()
    assert item.values == {"name": "agnpy", "packages": "agnpy 0.4", "used_for": ["notebooks"]}
    assert (item.title, item.project.slug if item.project else "") == ("Environment agnpy", "open")
    page = signed_in("admin").get(item.get_absolute_url()).content.decode()
    assert "agnpy 0.4" in page
    assert "notebooks" in page


def test_odd_values_are_refused_with_everything_that_was_typed(signed_in: SignIn, people: People) -> None:
    hidden = make_project(slug="hidden", lead=people["lead"])
    for odd in ({"name": ""}, {"name": "a\u202eb"}, {"packages": "x" * 4001}, {"project": hidden.slug}, {"key": "no key"}, {"text": ""}):
        reply = signed_in("outsider").post("/requests/new/environment/", sent(**{"name": "agnpy", "packages": "typed words", **odd}))
        assert reply.status_code == 400, odd
        assert "packages" in odd or "typed words" in reply.content.decode()
    assert not Request.objects.exists()


def test_a_hidden_project_in_the_address_is_not_told_from_none(signed_in: SignIn, people: People) -> None:
    make_project(slug="hidden", title="Hidden title", lead=people["lead"])
    pages = [signed_in("outsider").get(f"/requests/new/environment/?project={slug}").content.decode() for slug in ("hidden", "nothing")]
    assert all("Hidden title" not in page for page in pages)


def test_values_that_are_no_longer_of_the_kind_are_shown_as_they_are(signed_in: SignIn, people: People) -> None:
    item = make_request(people["outsider"])
    for values in ({"gone": "<b>x</b>", "name": {"a": [1]}}, ["a"], "text", {"used_for": "both"}):
        Request.objects.filter(pk=item.pk).update(values=values)
        reply = signed_in("admin").get(item.get_absolute_url())
        assert reply.status_code == 200
        assert "<b>x</b>" not in reply.content.decode()


def test_the_list_is_filtered_and_sorted(signed_in: SignIn, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projects.requests.views.PAGE", 2)
    rows = [make_request(make_stranger(f"asking-{number}"), values={"name": f"env {number}", "packages": "x"}) for number in range(5)]
    Request.objects.filter(pk=rows[3].pk).update(due_at=date(2020, 1, 1))
    Request.objects.filter(pk=rows[1].pk).update(due_at=date(2021, 1, 1))
    rows[2].assignees.add(people["admin"])
    services.decline(by=people["admin"], request=rows[4], text="no")
    admin = signed_in("admin")

    def numbers(query: str) -> list[int]:
        found, following = [], f"/requests/?format=json&{query}"
        while following:
            part = admin.get(following).json()
            found += [row["number"] for row in part["items"]]
            following = part["next"]
        return found

    keys = [row.pk for row in rows]
    assert numbers("sort=oldest") == keys
    assert numbers("sort=due") == [keys[3], keys[1], keys[0], keys[2], keys[4]]
    assert numbers("sort=waiting") == keys  # of which the last is finished
    assert numbers("overdue=on") == [keys[3], keys[1]]
    assert numbers("whose=assigned") == [keys[2]]
    assert numbers("q=env+3") == [keys[3]]
    assert numbers(f"q=%23{keys[0]}") == [keys[0]]
    assert numbers("state=unfinished&kind=environment") == [keys[3], keys[2], keys[1], keys[0]]
    assert numbers("kind=iam-group") == []
    assert numbers("before=2020-13-45_7&sort=due&kind=nothing&project=../x") == [keys[3], keys[1], keys[0], keys[2], keys[4]]


def test_the_list_costs_the_same_however_many_requests_there_are(
    signed_in: SignIn, people: People, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        make_request(make_stranger(f"asking-{number}"))
    admin = signed_in("admin")
    admin.get("/requests/")
    with django_assert_max_num_queries(10):
        assert admin.get("/requests/").status_code == 200


def test_what_is_assigned_to_others_waits_for_them_alone(people: People, settings: Any) -> None:
    other = make_stranger("second", is_staff=True)
    item = make_request(people["outsider"])
    assert [len(attention.items(person)) for person in (people["admin"], other)] == [1, 1]
    item.assignees.add(other)
    assert [len(attention.items(person)) for person in (people["admin"], other)] == [0, 1]


def test_a_configured_kind_is_asked_for_answered_and_ticked_off(signed_in: SignIn, people: People, configured: None) -> None:
    outsider, lead = signed_in("outsider"), signed_in("lead")
    assert "A laptop for a beam time." in outsider.get("/requests/new/").content.decode()
    assert outsider.post("/requests/new/local.laptop/", sent(until="2030-01-01", size="17 inch")).status_code == 400
    where = outsider.post("/requests/new/local.laptop/", sent(until="2030-01-01", size="13 inch", memory="32")).url
    assert Request.objects.get().values == {"until": "2030-01-01", "size": "13 inch", "memory": "32"}
    assert signed_in("member").get(where).status_code == 404
    page = lead.get(where).content.decode()
    assert "<strong>the cupboard</strong>" in page
    assert "Your laptop is ready at the desk." in lead.get(f"{where}?template=0").content.decode()
    assert lead.get(f"{where}?template=99").status_code == 200
    lead.post(f"{where}answer/", {"decision": "grant", "text": "Yes"})
    assert Request.objects.get().needs_hand
    assert lead.post(f"{where}done/", {"text": ""}).status_code == 400
    lead.post(f"{where}done/", {"text": "It is on your desk."})
    assert Request.objects.get().state == "granted"
    assert "It is on your desk." in outsider.get(where).content.decode()


def test_groups_of_the_file_decide_beside_the_administrators(signed_in: SignIn, people: People, configured: None) -> None:
    environment = make_request(people["outsider"])
    group = make_request(people["outsider"], "iam-group", values={"group": "escape/magic"})
    other = make_request(people["outsider"], "iam-group", values={"group": "escape/hess"})

    def readers(item: Request) -> list[str]:
        names = ("admin", "lead", "member", "newcomer")
        return [name for name in names if signed_in(name).get(item.get_absolute_url()).status_code == 200]

    assert readers(environment) == ["admin", "lead", "member"]
    assert readers(group) == ["admin", "lead"]
    assert readers(other) == ["admin"]


def test_membership_of_a_group_is_made_at_the_iam_by_the_job(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    iam = iam_group.home_of("escape/magic")
    assert iam is not None
    Identity.objects.get_or_create(user=people["outsider"], issuer=iam.url, defaults={"subject": "sub-outsider"})
    added: list[tuple[str, str]] = []
    monkeypatch.setattr(membership, "is_configured", lambda _iam: True)
    monkeypatch.setattr(membership, "add", lambda _iam, group, subject: added.append((group, subject)))
    item = make_request(people["outsider"], "iam-group", values={"group": "escape/magic"})
    services.approve(by=people["admin"], request=item)
    assert added == []
    worker.act(RequestAct.objects.get().pk)
    subject = Identity.objects.get(user=people["outsider"], issuer=iam.url).subject
    assert added == [("escape/magic", subject)]
    item.refresh_from_db()
    assert item.state == "granted"


def test_a_group_that_opens_restricted_data_or_makes_administrators_is_not_given_here(
    signed_in: SignIn, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    for group in ("escape/km3net-embargo", "/escape/admins/"):
        assert signed_in("outsider").post("/requests/new/iam-group/", sent(group=group)).status_code == 400
    assert signed_in("outsider").post("/requests/new/iam-group/", sent(group="escape")).status_code == 400
    monkeypatch.setattr(membership, "is_configured", lambda _iam: True)
    monkeypatch.setattr(membership, "add", lambda *_args: pytest.fail("it was given"))
    item = make_request(people["outsider"], "iam-group", values={"group": "escape/km3net-embargo"})
    services.approve(by=people["admin"], request=item)
    worker.act(RequestAct.objects.get().pk)
    assert "owners decide" in RequestAct.objects.get().problem


def test_without_a_client_at_the_iam_the_page_says_what_to_do_by_hand(
    signed_in: SignIn, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(membership, "is_configured", lambda _iam: False)
    item = make_request(people["outsider"], "iam-group", values={"group": "escape/magic"})
    services.approve(by=people["admin"], request=item)
    page = signed_in("admin").get(item.get_absolute_url()).content.decode()
    assert "escape/magic" in page
    assert "Mark as done" in page


def test_administrators_write_templates_of_answers(signed_in: SignIn, people: People) -> None:
    form = {"kind": "environment", "title": "Built", "text": "The environment is built."}
    assert signed_in("lead").post("/requests/answers/", form).status_code == 404
    admin = signed_in("admin")
    for _ in range(2):
        admin.post("/requests/answers/", form)
    assert StoredAnswer.objects.count() == 1
    where = make_request(people["outsider"]).get_absolute_url()
    assert "The environment is built." in admin.get(f"{where}?template=0").content.decode()
    admin.post(f"/requests/answers/{StoredAnswer.objects.get().pk}/delete/")
    assert not StoredAnswer.objects.exists()


def test_a_refused_answer_keeps_its_words(signed_in: SignIn, people: People) -> None:
    item = make_request(people["outsider"])
    page = signed_in("admin")
    services.withdraw(by=people["outsider"], request=item)
    reply = page.post(f"{item.get_absolute_url()}answer/", {"decision": "decline", "text": "My long answer"})
    assert reply.status_code == 409
    assert "in the meantime" in reply.content.decode()
    assert "My long answer" in reply.content.decode()


def test_kinds_are_registered_once_and_configuration_replaces_none(new_kind: Any) -> None:
    kind = new_kind("mine")
    assert kinds.register(kind) is kind
    with pytest.raises(ValueError, match="mine"):
        new_kind("mine", description="another")
    assert configuration.Configuration().kinds == ()


def test_a_service_is_asked_for_once_at_a_time(people: People) -> None:
    about: dict[str, Any] = {"kind": "service-access", "values": {"service": "reana:reana"}}
    first = make_request(people["outsider"], **about)
    assert make_request(people["outsider"], **about) == first
    services.approve(by=people["admin"], request=first)
    assert make_request(people["outsider"], **about) == first
    services.decline(by=people["admin"], request=first, text="no", after_all=True)
    assert make_request(people["outsider"], **about) != first
    assert not Project.objects.exists()


def test_a_thread_costs_the_same_however_long_it_is(signed_in: SignIn, people: People) -> None:
    item, admin = make_request(people["outsider"]), signed_in("admin")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(item.get_absolute_url()).status_code == 200
        return len(captured)

    queries()
    short = queries()
    for number in range(8):
        services.comment(by=people["admin"], request=item, text=f"Comment {number}", key=uuid.uuid4())
        handling.set_locked(by=people["admin"], request=item, is_locked=number % 2 == 0)
    assert queries() == short <= 10


def test_access_is_asked_for_at_services_with_accounts(signed_in: SignIn, people: People) -> None:
    page = signed_in("member").get("/requests/new/service-access/").content.decode()
    assert "Demonstration JupyterHub" in page
    for other in ("webhook:", "git:", "zenodo:", "tap:", "iam:"):
        assert f'value="{other}' not in page
    former = service(ServiceKind.WEBHOOK)  # as it could be chosen once
    item = make_request(people["member"], "service-access", values={"service": f"{former.kind}:{former.name}"})
    assert former.title in item.title


def test_the_card_of_joining_leads_to_the_projects(signed_in: SignIn) -> None:
    page = signed_in("outsider").get("/requests/new/").content.decode()
    card = page[page.index("Join a project") :]
    assert 'href="/projects/"' in card[: card.index("</li>")]


def test_a_need_is_asked_for_with_two_texts_that_say_what_belongs_there(signed_in: SignIn, people: People) -> None:
    member = signed_in("member")
    page = member.get("/requests/new/project-need/").content.decode()
    assert page.count("<textarea") == 1
    assert "How much of it, what for, and by when" in page
    where = member.post("/requests/new/project-need/", sent(need="GPUs")).url
    assert "How much of it, what for, and by when" in member.get(where).content.decode()
    item = make_request(people["member"], "project-need", values={"need": "GPUs", "details": "CPU hours: 500"})
    assert "CPU hours: 500" in member.get(item.get_absolute_url()).content.decode()


def test_the_list_shows_kinds_and_how_long_requests_wait(signed_in: SignIn, people: People) -> None:
    waits, done, newer = (make_request(people["outsider"], values={"name": name, "packages": "numpy"}) for name in "abc")
    Request.objects.filter(pk=waits.pk).update(created_at=timezone.now() - timedelta(days=5, hours=1))
    Request.objects.filter(pk=done.pk).update(created_at=timezone.now() - timedelta(days=9), state="declined")
    admin = signed_in("admin")
    rows = admin.get("/requests/?sort=waiting&format=json").json()["items"]
    assert [(row["number"], row["waiting_days"]) for row in rows] == [(waits.pk, 5), (newer.pk, 0), (done.pk, None)]
    assert rows[0]["kind_title"] == "Environment"
    page = admin.get("/requests/?sort=waiting").content.decode()
    assert "5\xa0days" in page
    assert re.search(r'small soft">\s*Environment', page)
    assert ">Search</label>" in page


def test_long_numbers_in_hints_have_their_thousands_apart(signed_in: SignIn) -> None:
    assert "At most 4,000 characters" in signed_in("member").get("/requests/new/environment/").content.decode()
