"""The pages: who sees what, what is shown of a result, and that nothing of a hostile notebook reaches a reader's browser."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from projects import audience
from projects.audience import Origin
from projects.models import Project
from projects.workflows.entering.saving import add_version
from projects.workflows.models import NotebookPage, NotebookRendering, Run, Specification
from tests.factories import make_person
from tests.workflows.notebook_pages.notebooks import TEXT, finish, notebook, png, printed, shown
from vre_portal.iam.models import User

Compute = Callable[..., NotebookRendering]
pytestmark = pytest.mark.django_db
ADDRESS = "/projects/fits/notebook-pages/fit/"
HOSTILE = notebook(
    shown(text__html="<table onclick=steal()><style>td{color:red}</style><tr><td style='x'>7</td></tr></table>"),
    shown(text__html="<table><tr><td>8</td></tr></table><script>alert(1)</script>", text__plain="harmless"),
    shown(text__html="<script>alert(2)</script><iframe src=//evil.example></iframe>", text__plain="harmless"),
    shown(**{"image/svg+xml": "<svg onload=alert(3)>"}),
    shown(application__javascript="alert(4)"),
    printed("\x1b[31mred\x1b[0m <img src=x onerror=alert(5)>"),
    text="<script>alert(6)</script> [a](javascript:alert(7)) ![b](https://evil.example/b.png)",
)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_result_is_shown_to_visitors_of_a_public_page_who_start_none(compute: Compute) -> None:
    rendering = finish(compute(), notebook(printed("chi2 = 1\n"), shown(image__png=png())))
    page = Client().get(ADDRESS)
    text = page.content.decode()
    assert page.status_code == 200
    assert "chi2 = 1" in text
    assert "print(index)" not in text  # code is shown where somebody asks for it
    assert "print(index)" in Client().get(f"{ADDRESS}?code=1").content.decode()
    assert "compute/" not in text
    picture = Client().get(f"{ADDRESS}pictures/{rendering.pk}/{rendering.pictures.get().number}/")
    assert (picture["Content-Type"], picture.content[:4]) == ("image/png", b"\x89PNG")
    other = Client().get(f"{ADDRESS}?p-index=7")
    assert "No result for these values" in other.content.decode()
    assert Client().post(f"{ADDRESS}compute/", {"p-index": "7"}).status_code == 302  # to the sign-in
    assert Run.objects.count() == 1


def test_a_page_for_members_is_hidden_from_others(compute: Compute, page: NotebookPage, member: User) -> None:
    rendering = finish(compute(), notebook(shown(image__png=png())))
    NotebookPage.objects.update(is_public=False)
    picture = f"{ADDRESS}pictures/{rendering.pk}/{rendering.pictures.get().number}/"
    for client in (Client(), signed_in(make_person("outsider"))):
        assert client.get(ADDRESS).status_code == 404
        assert client.get(picture).status_code == 404
        assert page.specification.title not in client.get("/projects/fits/notebook-pages/").content.decode()
    assert signed_in(member).get(ADDRESS).status_code == 200
    assert signed_in(member).get(picture).status_code == 200


def test_a_result_of_restricted_data_is_for_those_who_may_read_them(
    compute: Compute, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendering = finish(compute(), notebook(printed("secret\n")))
    rendering.run.comes_from(Origin("escape", "CLOSED"))
    monkeypatch.setattr(audience, "can_read_all", lambda user, origins: user == member or not list(origins))
    assert "secret" not in Client().get(ADDRESS).content.decode()
    assert "secret" in signed_in(member).get(ADDRESS).content.decode()
    lead = Project.objects.get(slug="fits").memberships.get(role="lead").user
    assert "restricted data" in signed_in(lead).post(f"{ADDRESS}compute/", {}, follow=True).content.decode()


def test_nothing_of_a_hostile_notebook_reaches_the_page(compute: Compute) -> None:
    finish(compute(), HOSTILE)
    text = Client().get(f"{ADDRESS}?code=1").content.decode()
    shown_part = text.partition('class="previews-made"')[2].partition("</section>\n  </div>")[0]
    for word in (
        "<script",
        "<style",
        "<iframe",
        "<svg onload",
        "onclick",
        "style=",
        'href="javascript',
        'src="https://evil',
        "<img src=x",
        "\x1b",
    ):
        assert word not in shown_part.lower(), word
    assert "<td><bdi>7</bdi></td>" in shown_part
    assert "harmless" in shown_part
    assert "red &lt;img" in shown_part


def test_much_output_is_cut_and_said(compute: Compute) -> None:
    rendering = finish(compute(), notebook(printed("x" * 2_000_000)))
    assert max(len(section["text"]) for section in rendering.sections or []) <= 100_000
    assert "2,000,000" in Client().get(ADDRESS).content.decode()


def test_a_member_computes_from_the_page_and_reads_why_it_failed(member: User, page: NotebookPage) -> None:
    client = signed_in(member)
    assert "Not computed yet" in client.get(f"{ADDRESS}?p-index=3").content.decode()
    sent = client.post(f"{ADDRESS}compute/", {"p-index": "3", "p-label": "Fit"})
    assert sent["Location"] == f"{ADDRESS}?p-index=3.0&p-label=Fit#result"
    assert "being computed" in client.get(sent["Location"]).content.decode()
    rendering = NotebookRendering.objects.select_related("run").get()
    finish(rendering, None)
    text = client.get(sent["Location"]).content.decode()
    assert "was not copied" in text
    assert "Compute again" in text


def test_wrong_values_are_said_at_their_fields(member: User, page: NotebookPage) -> None:
    assert signed_in(member).get(f"{ADDRESS}?p-index=high").status_code == 422
    assert Client().get(f"{ADDRESS}?p-index=high&format=json").json()["errors"]["p-index"]
    sent = signed_in(member).post(f"{ADDRESS}compute/", {"p-index": "high", "p-label": "Mine"}, follow=True)
    assert not Run.objects.exists()
    assert (sent.status_code, sent.context["form"]["p-index"].value(), sent.context["form"]["p-label"].value()) == (422, "high", "Mine")


def test_a_version_whose_values_nobody_saw_is_not_computed(member: User, page: NotebookPage) -> None:
    seen = page.specification.current
    assert seen is not None
    add_version(page.specification, by=None, text=TEXT + "\n# changed", files={}, data={}, origin="git", commit="b" * 40)
    values = {"p-index": "3", "p-label": "Fit"}
    answer = signed_in(member).post(f"{ADDRESS}compute/", {"version": str(seen.number), **values}, follow=True)
    text = answer.content.decode()
    assert "the workflow was updated" in text
    assert (answer.status_code, answer.context["form"]["p-index"].value()) == (200, "3.0")
    assert not Run.objects.exists()
    now = Specification.objects.select_related("current").get().current
    assert now is not None
    signed_in(member).post(f"{ADDRESS}compute/", {"version": str(now.number), **values})
    assert Run.objects.count() == 1


def test_unknown_values_of_the_address_are_said(page: NotebookPage) -> None:
    text = Client().get(f"{ADDRESS}?p-indx=7").content.decode()
    assert "p-indx=7 in the link is not used." in text
    assert "Did you mean “index”?" in text
    assert len(Client().get(f"{ADDRESS}?p-indx=7&format=json").json()["notes"]) == 1


def test_everybody_who_computes_is_told_who_sees_it(compute: Compute, member: User) -> None:
    finish(compute(), notebook())
    text = signed_in(member).get(ADDRESS).content.decode()
    assert "Recompute" in text
    assert "Everybody who sees the project will see the result." in text
    NotebookPage.objects.update(is_public=False)
    assert "Everybody who sees the project will see the result." not in signed_in(member).get(ADDRESS).content.decode()


def test_programs_read_the_same(compute: Compute) -> None:
    rendering = finish(compute(), notebook())
    found = Client().get(f"{ADDRESS}?format=json").json()
    assert (found["state"], found["run"], found["parameters"]) == ("ready", rendering.run.number, {"index": 2.0, "label": "Fit"})
    assert [row["title"] for row in Client().get("/projects/fits/notebook-pages/?format=json").json()["items"]] == ["Fit"]


def test_an_editor_adds_changes_and_removes_a_page(specification: Specification, lead: User) -> None:
    client = signed_in(lead)
    assert "as the workflow “Fit” executes it" in client.get("/projects/fits/notebook-pages/new/").content.decode()
    sent: dict[str, Any] = {"notebook": "output:fit:results/fit.ipynb"}
    assert client.post("/projects/fits/notebook-pages/new/", sent)["Location"] == ADDRESS
    assert Client().get(ADDRESS).status_code == 404
    client.post(f"{ADDRESS}edit/", {"is_public": "on", "description": "A line"})
    assert "A line" in Client().get(ADDRESS).content.decode()
    client.post(f"{ADDRESS}remove/")
    assert not NotebookPage.objects.exists()
    assert Specification.objects.filter(pk=specification.pk).exists()


def test_a_notebook_without_an_environment_is_not_added(specification: Specification, lead: User) -> None:
    answer = signed_in(lead).post("/projects/fits/notebook-pages/new/", {"notebook": "file:fit:fit.ipynb"})
    assert answer.status_code == 422
    assert "has papermill" in answer.content.decode()
