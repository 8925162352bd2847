"""Pages of a run and of a launch say what stands where nothing does, and what their links and buttons lead to."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects.workflows.keep_form import KeepForm
from projects.workflows.models import Keep, Run, RunFile, Specification
from vre_portal.services import ServiceKind, service

pytestmark = pytest.mark.django_db


def text_of(client: Client, run: Run, query: str = "") -> str:
    page = client.get(f"{run.get_absolute_url()}files/{query}").content.decode()
    return re.sub(r"\s+", " ", page)


@pytest.mark.parametrize(
    ("status", "listed", "words"),
    [
        ("failed", False, "The run has no files at REANA."),
        ("stopped", False, "The run has no files at REANA."),
        ("stopped", True, "The run created no files."),
        ("running", False, "Files are listed here when the run has ended."),
        ("finished", False, "Reading the list of files from REANA."),
        ("finished", True, "The run created no files."),
    ],
)
def test_a_run_without_files_says_why(run: Run, signed_in: Callable[[str], Client], status: str, listed: bool, words: str) -> None:
    Run.objects.filter(pk=run.pk).update(status=status, listed_at=timezone.now() if listed else None)
    lead = signed_in("lead")
    for query in ("", "?state=not-here"):
        page = text_of(lead, run, query)
        assert words in page
        assert "All files are in the portal." not in page


def test_long_and_many_lined_values_wrap_and_keep_their_lines(run: Run, signed_in: Callable[[str], Client]) -> None:
    values = {"text": "first line\nsecond line", "path": "/eos/" + "x" * 400, "file": {"class": "File", "location": "code/a.py"}}
    text = 'inputs: {parameters: {text: "a\\nb", path: b, file: c}}\nworkflow: {type: serial, specification: {steps: []}}'
    Run.objects.filter(pk=run.pk).update(parameters=values, text=text, status="finished")
    Specification.objects.update(text=text)
    lead = signed_in("lead")
    for address in (run.get_absolute_url(), f"{run.get_absolute_url()}again/"):
        page = lead.get(address).content.decode()
        assert '<dd class="num">' not in page  # which never wraps
        assert '<span class="value"><bdi>first line\nsecond line</bdi></span>' in page
        assert "all 405 characters" in re.sub(r"\s+", " ", page)
        assert f'<div class="value"><bdi>{values["path"]}</bdi></div>' in page


def test_the_export_of_files_has_the_filter_of_the_page(run: Run, signed_in: Callable[[str], Client]) -> None:
    Run.objects.filter(pk=run.pk).update(status="finished", listed_at=timezone.now())
    RunFile.objects.create(run=run, path="a.txt", size=1, state=RunFile.State.LEFT)
    RunFile.objects.create(run=run, path="b.txt", size=1, state=RunFile.State.COPIED, file="runs/b")
    lead = signed_in("lead")
    page = text_of(lead, run, "?state=not-here")
    assert "All (2)" in page
    assert "Not in the portal (1)" in page
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(\?[^"]*format=[^"]*)"', page)]
    assert len(links) == 2
    for link in links:
        answer = lead.get(f"{run.get_absolute_url()}files/{link}").content.decode()
        assert "a.txt" in answer
        assert "b.txt" not in answer


def test_files_to_keep_are_called_optional_only_where_others_can_be_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "ab":
        RunFile.objects.create(run=run, path=name, size=1, state=RunFile.State.COPIED, file=f"runs/{name}")

    def form(data: dict[str, Any] | None = None) -> KeepForm:
        return KeepForm(
            data, run=run, may_copy=True, copy_rses=["B"], becomes_public=False, lake=service(ServiceKind.RUCIO), scope="user.lead"
        )

    assert form().fields["chosen"].required
    assert form({"dataset": "DM.X"}).errors["chosen"] == ["Choose at least one file."]
    monkeypatch.setattr("projects.workflows.keep_form.MAX_CHOICES", 1)
    assert not form().fields["chosen"].required
    assert form({"dataset": "DM.X"}).errors["chosen"] == ["Choose at least one file."]


def test_a_kept_run_says_as_what_and_keeping_is_no_longer_the_first_thing_to_do(
    kept: Keep, signed_in: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projects.workflows.keep_places.why_nowhere", lambda *_: "")
    run = kept.run
    Run.objects.filter(pk=run.pk).update(status="finished", **dict.fromkeys(("listed_at", "finished_at", "collected_at"), timezone.now()))
    RunFile.objects.create(run=run, path="a/out.csv", size=1, state=RunFile.State.COPIED, file="runs/a")
    lead = signed_in("lead")

    def button() -> str:
        page = lead.get(run.get_absolute_url()).content.decode()
        end = page.index(f'href="{run.get_absolute_url()}keep/"')
        return page[page.rindex("<a", 0, end) : end]

    Keep.objects.filter(pk=kept.pk).update(status=Keep.Status.FAILED)
    assert "button-primary" in button()
    Keep.objects.filter(pk=kept.pk).update(status=Keep.Status.OK)
    assert "button-primary" not in button()
    page = re.sub(r"\s+", " ", lead.get(run.get_absolute_url()).content.decode())
    assert "Kept as <a" in page


def test_publishing_asks_and_says_who_will_see_what(run: Run, signed_in: Callable[[str], Client]) -> None:
    page = re.sub(r"\s+", " ", signed_in("lead").get(run.get_absolute_url()).content.decode())
    assert "Publish run 1?" in page
    assert "its parameters, steps, logs and files" in page


def test_values_are_shown_as_yaml(run: Run, signed_in: Callable[[str], Client]) -> None:
    parameters = {"flag": True, "none": None, "file": {"class": "File", "path": "x"}}
    text = "inputs: {parameters: {flag: false, none: 1, file: {}}}\n" + run.text
    Run.objects.filter(pk=run.pk).update(parameters=parameters, text=text)
    page = signed_in("lead").get(run.get_absolute_url()).content.decode()
    for value in ("true", "null", "{class: File, path: x}"):
        assert f"<bdi>{value}</bdi>" in page
