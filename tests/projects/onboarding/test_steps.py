"""The steps of onboarding: saved as one goes, in any order, in two windows, with odd values, and by nobody else."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects.onboarding import services
from projects.onboarding.examples import EXAMPLES
from projects.onboarding.forms.step_form import MAX_ROWS
from projects.onboarding.matching import Answers
from projects.onboarding.models import Onboarding
from tests.factories import make_onboarding, make_person, make_project, make_public
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export, erasure

SignIn = Callable[..., Client]
People = dict[str, User]
pytestmark = pytest.mark.django_db


def rows(*values: dict[str, Any]) -> dict[str, Any]:
    """Rows as a browser sends them."""
    sent: dict[str, Any] = {"rows-TOTAL_FORMS": len(values), "rows-INITIAL_FORMS": 0}
    for number, row in enumerate(values):
        sent |= {f"rows-{number}-{name}": value for name, value in row.items()}
    return sent


def first_step(**more: Any) -> dict[str, Any]:
    return {"key": str(uuid.uuid4()), "title": "LOFAR imaging", **rows(), **more}


def test_a_visitor_reads_what_onboarding_is_and_is_led_to_the_sign_in(signed_in: SignIn) -> None:
    visitor = signed_in("anonymous")
    page = visitor.get("/onboarding/")
    assert page.status_code == 200
    assert "/onboarding/new/" in page.content.decode()
    assert visitor.get("/onboarding/new/").url.startswith("/accounts/login/?next=")


def test_it_begins_with_the_first_step_and_pressing_twice_begins_one(signed_in: SignIn) -> None:
    lead, form = signed_in("lead"), first_step()
    assert lead.get("/onboarding/new/").status_code == 200
    assert Onboarding.objects.count() == 0  # opening the page stores nothing
    where = lead.post("/onboarding/new/", form).url
    assert lead.post("/onboarding/new/", form).url == where
    row = Onboarding.objects.get()
    assert where == f"/onboarding/{row.pk}/data/"
    assert row.title == "LOFAR imaging"
    assert "LOFAR imaging" in lead.get("/onboarding/").content.decode()


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(signed_in: SignIn) -> None:
    reply = signed_in("lead").post("/onboarding/new/", first_step(title="", summary="How bright?"))
    assert reply.status_code == 400
    assert "How bright?" in reply.content.decode()
    assert Onboarding.objects.count() == 0


def test_one_leaves_and_comes_back_to_the_first_step_that_was_not_saved(signed_in: SignIn, people: People) -> None:
    item, lead = make_onboarding(people["lead"], {"data": {"rows": []}}), signed_in("lead")
    assert lead.get(f"/onboarding/{item.pk}/").url == f"/onboarding/{item.pk}/compute/"
    lead.post(f"/onboarding/{item.pk}/further/", {"version": 0, "training": "workflows"})
    lead.post(f"/onboarding/{item.pk}/compute/", {"version": 0, "cpu_hours": "1200"})
    lead.post(f"/onboarding/{item.pk}/software/", {"version": 0, "software": "PyBDSF"})
    assert lead.get(f"/onboarding/{item.pk}/").url == f"/onboarding/{item.pk}/review/"
    assert 'value="1200"' in lead.get(f"/onboarding/{item.pk}/compute/").content.decode()


def test_a_step_keeps_its_rows_without_those_that_are_empty_or_removed(signed_in: SignIn, people: People) -> None:
    item, lead = make_onboarding(people["lead"]), signed_in("lead")
    sent = rows({"name": "Visibilities", "size": "4000"}, {"name": ""}, {"name": "Old", "DELETE": "on"})
    assert lead.post(f"/onboarding/{item.pk}/data/", {"version": 0, **sent}).status_code == 302
    item.refresh_from_db()
    assert [(row["name"], row["size"]) for row in item.values_of("data")["rows"]] == [("Visibilities", 4000.0)]


@pytest.mark.parametrize(
    ("typed", "gigabytes", "shown"),
    [("10 TB", 10000, "10 TB"), ("7.6 PB", 7_600_000, "7.6 PB"), ("1,5", 1.5, "1.5 GB"), ("1 500", 1500, "1.5 TB"), ("~500", 500, "500 GB"),
     ("20000", 20000, "20 TB")],
)  # fmt: skip
def test_sizes_are_taken_as_people_write_them_and_come_back_with_their_unit(
    signed_in: SignIn, people: People, typed: str, gigabytes: float, shown: str
) -> None:
    item, lead = make_onboarding(people["lead"]), signed_in("lead")
    assert lead.post(f"/onboarding/{item.pk}/data/", {"version": 0, **rows({"name": "Events", "size": typed})}).status_code == 302
    item.refresh_from_db()
    assert Answers.of(item.answers).datasets[0].gigabytes == gigabytes
    assert f'value="{shown}"' in lead.get(f"/onboarding/{item.pk}/data/").content.decode()
    again = {"version": 1, **rows({"name": "Events", "size": shown})}
    assert lead.post(f"/onboarding/{item.pk}/data/", again).status_code == 302
    item.refresh_from_db()
    assert item.version_of("data") == 1  # what is shown is what was stored


def test_a_mistake_in_an_amount_is_answered_with_an_example_and_a_bound_as_people_write_it(signed_in: SignIn, people: People) -> None:
    item, lead = make_onboarding(people["lead"]), signed_in("lead")
    page = lead.post(f"/onboarding/{item.pk}/data/", {"version": 0, **rows({"size": "large"}, {"size": "3 EB"})}).content.decode()
    assert "Enter a size, for example 500 GB or 20 TB." in page
    assert "Enter at most 1 EB." in page
    page = lead.post(f"/onboarding/{item.pk}/compute/", {"version": 0, "cpu_hours": "20000000000"}).content.decode()
    assert "Enter at most 1,000,000,000." in page


def test_lists_take_commas_and_lines(signed_in: SignIn) -> None:
    lead = signed_in("lead")
    named = {"experiments": "CTA, LOFAR\nKM3NeT", "institutes": "CERN, ASTRON\nLAPP\nInstitute X, Bonn | https://ror.org/01ggx4157"}
    assert lead.post("/onboarding/new/", first_step(**named)).status_code == 302
    answers = Onboarding.objects.get().values_of("people")
    assert answers["experiments"] == ["CTA", "LOFAR", "KM3NeT"]
    assert [row["name"] for row in answers["institutes"]] == ["CERN, ASTRON", "LAPP", "Institute X, Bonn"]


def test_what_is_required_is_marked_and_not_what_is_optional(signed_in: SignIn) -> None:
    page = signed_in("lead").get("/onboarding/new/").content.decode()
    assert page.count(">required</span>") == 1
    assert ">optional</span>" not in page


def test_more_rows_are_added_and_there_are_never_more_than_twenty(signed_in: SignIn, people: People) -> None:
    item, lead = make_onboarding(people["lead"]), signed_in("lead")
    where = lead.post(f"/onboarding/{item.pk}/data/", {"version": 0, "more": "rows", **rows({"name": "A"}, {})}).url
    assert where == f"/onboarding/{item.pk}/data/?rows=5#rows"
    assert 'name="rows-4-name"' in lead.get(where).content.decode()
    many = rows(*({"name": f"Set {number}"} for number in range(MAX_ROWS + 1)))
    assert lead.post(f"/onboarding/{item.pk}/data/", {"version": 1, **many}).status_code == 400


def test_the_second_window_loses_nothing_and_writes_over_nothing_unseen(signed_in: SignIn, people: People) -> None:
    item, lead = make_onboarding(people["lead"]), signed_in("lead")
    where = f"/onboarding/{item.pk}/compute/"
    lead.post(where, {"version": 0, "gpu": "yes", "gpu_for": "training in the first window"})
    reply = lead.post(where, {"version": 0, "gpu": "yes", "gpu_for": "inference in the second"})
    page = reply.content.decode()
    assert reply.status_code == 409
    assert "inference in the second" in page
    assert "training in the first window" in page
    assert 'name="version" value="1"' in page  # saving again replaces what was shown
    item.refresh_from_db()
    assert item.values_of("compute")["gpu_for"] == "training in the first window"
    assert lead.post(where, {"version": 1, "gpu": "yes", "gpu_for": "inference in the second"}).status_code == 302


def test_saving_the_same_values_again_is_no_conflict(signed_in: SignIn, people: People) -> None:
    item, lead = make_onboarding(people["lead"]), signed_in("lead")
    for _ in range(2):
        assert lead.post(f"/onboarding/{item.pk}/compute/", {"version": 0, "memory": "8"}).status_code == 302
    item.refresh_from_db()
    assert item.version_of("compute") == 1


def test_nobody_else_sees_or_changes_it(signed_in: SignIn, people: People) -> None:
    item = make_onboarding(people["lead"])
    for name in ("member", "admin"):
        other = signed_in(name)
        pages = [f"/onboarding/{item.pk}/", f"/onboarding/{item.pk}/data/", f"/onboarding/{item.pk}/review/"]
        assert [other.get(page).status_code for page in pages] == [404, 404, 404]
        posts = [*pages[1:], f"/onboarding/{item.pk}/data/matches/", f"/onboarding/{item.pk}/delete/"]
        assert [other.post(page, {"version": 1}).status_code for page in posts] == [404] * 4
        assert "Planned project" not in other.get("/onboarding/").content.decode()
    assert Onboarding.objects.filter(pk=item.pk).exists()


def test_matches_follow_what_is_typed_and_save_nothing(signed_in: SignIn, people: People) -> None:
    item, lead = make_onboarding(people["lead"]), signed_in("lead")
    reply = lead.post(f"/onboarding/{item.pk}/compute/matches/", {"gpu": "yes", "gpu_for": "deep learning", "cpu_hours": "many"})
    assert reply.status_code == 200
    assert "GPUs" in reply.content.decode()
    item.refresh_from_db()
    assert item.values_of("compute") == {}


@pytest.mark.parametrize("odd", ["nan", "inf", "-1", "1e300", "\0", "²", "٣" * 400, "<script>"])
def test_odd_amounts_are_refused_in_the_form(signed_in: SignIn, people: People, odd: str) -> None:
    item, lead = make_onboarding(people["lead"]), signed_in("lead")
    reply = lead.post(f"/onboarding/{item.pk}/compute/", {"version": 0, "cpu_hours": odd})
    assert reply.status_code == 400
    assert lead.post(f"/onboarding/{item.pk}/compute/matches/", {"cpu_hours": odd, "gpu": "perhaps"}).status_code in (200, 400)


@pytest.mark.parametrize("answers", [[], "text", {"data": []}, {"data": {"rows": "x"}}, {"compute": {"cpu_hours": "many", "memory": True}},
                                     {"people": {"experiments": [1, None, {}]}, "further": {"deadline": "soon"}},
                                     {"data": {"rows": [{"size": 10**400, "embargo": 5}]}}])  # fmt: skip
def test_whatever_the_database_holds_can_be_read(signed_in: SignIn, people: People, answers: Any) -> None:
    Answers.of(answers)
    item = make_onboarding(people["lead"])
    Onboarding.objects.filter(pk=item.pk).update(answers=answers, versions=answers)
    lead = signed_in("lead")
    for page in ("people", "data", "compute", "software", "further", "review"):
        assert lead.get(f"/onboarding/{item.pk}/{page}/").status_code == 200


def test_there_is_a_limit_of_unfinished_ones(signed_in: SignIn, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_OPEN", 1)
    make_onboarding(people["lead"])
    reply = signed_in("lead").post("/onboarding/new/", first_step(title="One more"))
    assert reply.status_code == 409
    assert "One more" in reply.content.decode()


def test_a_finished_one_is_shown_as_text_and_started_again(signed_in: SignIn, people: People) -> None:
    item = make_onboarding(people["lead"], {"data": {"rows": [{"name": "Events", "size": 20000.0, "embargo": "2028-06-01"}]}})
    services.finish(by=people["lead"], onboarding=item, fingerprint=item.fingerprint, chosen=[], into=None)
    lead, where = signed_in("lead"), f"/onboarding/{item.pk}/data/"
    page = lead.get(where).content.decode()
    assert "Size: 20 TB" in page
    assert "1 Jun 2028" in page
    assert 'name="rows-0-name"' not in page
    late = lead.post(where, {"version": 1, **rows({"name": "Typed too late"})})
    assert late.status_code == 409
    assert "Typed too late" in late.content.decode()
    assert "Save and continue" not in late.content.decode()
    key = str(uuid.uuid4())
    made = [lead.post(f"/onboarding/{item.pk}/again/", {"key": key}).url for _ in range(2)]
    again = Onboarding.objects.open().get()
    assert made == [f"/onboarding/{again.pk}/people/"] * 2
    assert again.values_of("data") == item.values_of("data")
    assert signed_in("member").post(f"/onboarding/{item.pk}/again/", {"key": key}).status_code == 404


def test_an_example_begins_an_onboarding_with_its_answers(signed_in: SignIn, people: People) -> None:
    lead = signed_in("lead")
    page = lead.get("/onboarding/").content.decode()
    assert page.count("Begin with this example") == len(EXAMPLES)
    assert page.count("Start onboarding") == 1
    for name, example in EXAMPLES.items():
        where = lead.post(f"/onboarding/examples/{name}/", {"key": str(uuid.uuid4())}).url
        made = Onboarding.objects.latest("pk")
        assert where == f"/onboarding/{made.pk}/review/"
        assert (made.by, made.answers) == (people["lead"], example.answers)
        assert lead.get(where).status_code == 200
    assert lead.post("/onboarding/examples/none/").status_code == 404


def test_it_says_whom_to_ask_and_names_leads_only_of_projects_that_the_reader_sees(
    signed_in: SignIn, people: People, settings: Any, lake_options: Any
) -> None:
    settings.SITE = {**settings.SITE, "contact": "help@example.org"}
    lake_options(support="lake@example.org")
    make_public(slug="open", title="Open halo", lead=people["lead"], experiments=["CTA"], contact="halo@example.org")
    make_project(slug="closed", title="Hidden halo", lead=people["admin"], experiments=["CTA"])
    visitor = signed_in("anonymous").get("/onboarding/").content.decode()
    assert "help@example.org" in visitor
    assert "lake@example.org" not in visitor
    item = make_onboarding(people["outsider"], {"people": {"title": "Halos", "experiments": ["cta"]}})
    outsider = signed_in("outsider")
    for page in ("people", "review"):
        shown = outsider.get(f"/onboarding/{item.pk}/{page}/").content.decode()
        leads = ("Open halo", "halo@example.org", str(people["lead"])) if page == "people" else ()
        for words in ("help@example.org", "lake@example.org", *leads):
            assert words in shown, (page, words)
        assert "Hidden halo" not in shown


def test_old_ones_are_forgotten_and_others_stay(people: People, settings: Any) -> None:
    old, new = make_onboarding(people["lead"]), make_onboarding(people["lead"])
    Onboarding.objects.filter(pk=old.pk).update(changed_at=timezone.now() - timedelta(days=settings.ONBOARDING_DAYS + 1))
    services.forget_old()
    assert list(Onboarding.objects.values_list("pk", flat=True)) == [new.pk]


def test_a_person_gets_theirs_in_the_export_and_takes_them_along_when_they_go(people: People) -> None:
    person = make_person("outsider")
    make_onboarding(person, {"compute": {"gpu_for": "my secret network"}})
    assert "my secret network" in str(data_export.export_person(person))
    assert "my secret network" not in str(data_export.export_person(people["lead"]))
    erasure.erase(person)
    assert Onboarding.objects.count() == 0
