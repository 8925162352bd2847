"""Acts on several runs of a list: stop, archive, tag."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from projects.workflows.models import Run, RunTag
from tests.factories import make_person
from tests.workflows.lists.made_runs import another, join

SignIn = Callable[[str], Client]


def test_an_act_on_several_runs_says_of_each_why_it_was_left_out(signed_in: SignIn, run: Run, runs: list[Run]) -> None:
    member = make_person("member")
    join(run.project, member)
    own = another(run, 9, by=member)
    client, back = signed_in("member"), f"/projects/{run.project.slug}/workflows/"
    reply = client.post(
        "/dashboard/runs/change/", {"act": "tag", "tag": "paper", "run": [own.pk, runs[0].pk, 10**9], "back": back}, follow=True
    )
    page = reply.content.decode()
    assert reply.redirect_chain[0][0] == back
    assert list(RunTag.objects.values_list("run__number", "name")) == [(9, "paper")]
    assert "Tag added: Run 9." in page
    assert "Run 2: Only" in page
    assert "1 run that you cannot see was left out." in page
    client.post("/dashboard/runs/change/", {"act": "untag", "tag": "paper", "run": [own.pk]})
    assert not RunTag.objects.exists()


def test_runs_are_stopped_and_archived_together(signed_in: SignIn, run: Run, runs: list[Run]) -> None:
    client, chosen = signed_in("lead"), [item.pk for item in (run, *runs)]
    page = client.post("/dashboard/runs/change/", {"act": "archive", "run": chosen, "back": "https://elsewhere.example/"}, follow=True)
    assert page.redirect_chain[0][0] == "/dashboard/runs/all/"
    assert "Archived: Run 4, Run 3, Run 2." in page.content.decode()
    assert "Run 1: It has not ended yet." in page.content.decode()
    assert Run.objects.filter(archived_at=None).get() == run
    question = client.post("/dashboard/runs/change/", {"act": "stop", "run": chosen}).content.decode()
    run.refresh_from_db()
    assert run.stop_asked_at is None
    assert "Stop 1 run?" in question
    page = client.post("/dashboard/runs/change/", {"act": "stop", "run": chosen, "confirmed": "1"}, follow=True)
    run.refresh_from_db()
    assert run.stop_asked_at is not None
    assert "Stopping: Run 1." in page.content.decode()
    assert "Run 2: It has already ended." in page.content.decode()
    assert "Stopping…" in client.get(f"/projects/{run.project.slug}/workflows/").content.decode()
    client.post("/dashboard/runs/change/", {"act": "unarchive", "run": chosen})
    assert Run.objects.filter(archived_at=None).count() == 4


def test_only_who_launched_a_run_stops_it_in_a_list(signed_in: SignIn, run: Run) -> None:
    member = make_person("member")
    join(run.project, member)
    own = another(run, 9, by=member, status=Run.Status.RUNNING, finished_at=None)
    stop = {"act": "stop", "run": [run.pk, own.pk], "confirmed": "1"}
    page = signed_in("lead").post("/dashboard/runs/change/", stop, follow=True).content.decode()
    assert f"Run 9: Only {member}, who launched the run, can stop it." in page
    assert "Stopping: Run 1." in page
    own.refresh_from_db()
    assert own.stop_asked_at is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"act": "tag", "run": ["1"]}, "Enter a tag first."),
        ({"act": "tag", "tag": "a ,  b", "run": ["1"]}, "Tags cannot contain commas."),
        ({"act": "", "run": ["1"]}, "Choose what to do first."),
        ({"act": "tag", "tag": "x"}, "Choose one or more runs first."),
        ({"act": "tag", "tag": "x", "run": ["one", "-1", "9" * 30]}, "Choose one or more runs first."),
        ({"act": "tag", "tag": "x", "run": [str(number) for number in range(1, 102)]}, "At most 100 runs"),
    ],
)
def test_what_cannot_be_done_is_said(signed_in: SignIn, run: Run, data: dict[str, Any], words: str) -> None:
    assert words in signed_in("lead").post("/dashboard/runs/change/", data, follow=True).content.decode()
    assert not RunTag.objects.exists()


def test_what_was_chosen_stays_chosen_while_something_is_missing(signed_in: SignIn, run: Run, runs: list[Run]) -> None:
    client, address = signed_in("lead"), f"/projects/{run.project.slug}/workflows/"
    data = {"act": "tag", "tag": "", "run": [runs[0].pk, runs[2].pk], "back": f"{address}?column=p:cut&chosen=1"}
    reply = client.post("/dashboard/runs/change/", data)
    assert reply["Location"].endswith("#run-acts")
    assert "chosen=1&" not in reply["Location"]
    page = client.get(reply["Location"]).content.decode()
    boxes = {found[1]: found[2] for found in re.finditer(r'name="run" value="(\d+)" form="run-acts"\s+(\w*)', page)}
    assert {number for number, word in boxes.items() if word == "checked"} == {str(runs[0].pk), str(runs[2].pk)}
    assert '<option value="tag" selected>' in page
    form = page[page.index('<form class="search-line" id="run-acts"') :]
    assert "Enter a tag first." in form
    assert "cut" in page


def test_only_who_may_change_a_run_on_the_page_is_offered_to(signed_in: SignIn, run: Run, runs: list[Run]) -> None:
    member, address = make_person("member"), f"/projects/{run.project.slug}/workflows/"
    join(run.project, member)
    for path in (address, "/dashboard/runs/all/?whose=all"):
        page = signed_in("member").get(path).content.decode()
        assert re.findall(r'<option value="(\w*)"', page.split('id="run-act"')[1].split("</select>")[0]) == ["compare"]
        assert 'id="run-act-tag"' not in page
    own = another(run, 9, by=member)
    page = signed_in("member").get(address).content.decode()
    assert '<option value="archive"' in page
    assert page.count('name="run"') == 5
    assert f'name="run" value="{own.pk}"' in page
    assert '<option value="">' in page
    assert signed_in("lead").get(address).content.decode().count('name="run"') == 5


def test_a_tag_that_several_runs_are_given_is_one_that_the_form_of_a_run_keeps(signed_in: SignIn, run: Run) -> None:
    signed_in("lead").post("/dashboard/runs/change/", {"act": "tag", "tag": " a \t  b ", "run": [run.pk]})
    assert RunTag.objects.get().name == "a b"
