"""What the launch form takes for an input, and what it never lets through under another spelling."""

import json
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from datalake.index.models import IndexedScope
from projects.workflows import reana
from projects.workflows.inputs.readiness import Readiness, State
from projects.workflows.models import Run, Specification
from projects.workflows.outputs import DATA, planned
from projects.workflows.preflight import inputs
from projects.workflows.preflight.plan import Plan
from tests.workflows.inputs.conftest import SCOPE, STEPS, make_finished
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("value", [f"{SCOPE}:aeff.fits\n", "file/1\n", f"upload/{'0' * 64}\n"])
def test_a_line_end_behind_a_value_leaves_no_input_out(lead: Client, specification: Specification, lake: IndexedScope, value: str) -> None:
    launch = reverse("workflows:launch", args=[specification.project.slug])
    typed = {"specification": "s", "key": str(uuid.uuid4()), "do": "launch", "p-years": "3", "i-1": f"{SCOPE}:DM.night.events"}
    assert lead.post(launch, typed | {"i-0": value}).status_code == 422
    assert not Run.objects.exists()


def test_a_dataset_is_refused_for_a_file_without_an_ending(lead: Client, specification: Specification, lake: IndexedScope) -> None:
    text = json.dumps({"inputs": {"files": ["table"], "parameters": {"years": 3}}, "workflow": STEPS})
    Specification.objects.filter(pk=specification.pk).update(text=text, data={"table": {"lake": "escape", "did": ""}})
    launch = reverse("workflows:launch", args=[specification.project.slug])
    typed = {"specification": "s", "key": str(uuid.uuid4()), "do": "launch", "p-years": "3", "i-0": f"{SCOPE}:DM.night.events"}
    assert "has the type dataset" in lead.post(launch, typed).content.decode()
    assert not Run.objects.exists()


def test_an_input_that_is_missing_is_said_beside_its_field(
    lead: Client, specification: Specification, lake: IndexedScope, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(_person: User, sources: dict[str, dict[str, str]], **_: object) -> list[Readiness]:
        known = {"a.fits": (State.MISSING, "Not found in the Data Lake.")}
        return [
            Readiness(path, "escape", source["did"], "FILE", None, None, *known.get(path, (State.THERE, "There.")))
            for path, source in sources.items()
        ]

    launch = reverse("workflows:launch", args=[specification.project.slug])
    typed = {"specification": "s", "p-years": "3", "i-0": f"{SCOPE}:none.fits", "i-1": f"{SCOPE}:DM.night.events"}
    monkeypatch.setattr("projects.workflows.launching.views.readiness", told)
    page = lead.post(launch, typed | {"do": "launch", "key": str(uuid.uuid4())}).content.decode()
    shown = page[page.index('name="i-0"') :][:1500]
    assert 'aria-invalid="true"' in shown.split(">")[0]
    assert shown.count("Not found in the Data Lake.") == 2  # as the error of the field, and as what is known of it
    assert "Not in the index" not in shown
    monkeypatch.setattr("projects.workflows.preflight.plan.readiness", told)
    answer = lead.post(f"{launch}before/", typed).content.decode()
    beside = answer[answer.index('id="known-i-0" hx-swap-oob="true"') :]
    assert "Not found in the Data Lake." in beside[:500]


def test_inputs_stand_once_in_the_checks_of_the_launch_page(lead: Client, specification: Specification, lake: IndexedScope) -> None:
    page = lead.get(reverse("workflows:launch", args=[specification.project.slug])).content.decode()
    assert page.count("<strong>Input files</strong>") == 1


def test_data_stay_data_however_the_specification_writes_their_path(specification: Specification, people: dict[str, User]) -> None:
    run = make_finished(specification, people["lead"])
    run.inputs = {"./a.fits": {"lake": "escape", "did": f"{SCOPE}:aeff.fits"}}
    run.attached = {"sub//b.fits": {"file": 1}}
    assert run.data_paths == {"a.fits", "sub/b.fits"}
    files = planned(run, [reana.File(path, 1, "") for path in ("a.fits", "sub/b.fits")], is_complete=False)
    assert {file.path: file.reason for file in files} == dict.fromkeys(("a.fits", "sub/b.fits"), str(DATA))


def test_inputs_whose_copies_nobody_looked_at_are_not_green(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        Readiness("seen", "escape", "X:a", type="FILE", state=State.THERE, copies=1, words="1 copy."),
        Readiness("unseen", "escape", "X:b", type="CONTAINER", state=State.THERE, words="In the Data Lake; its copies were not looked at."),
    ]
    monkeypatch.setattr(inputs, "looked_up", lambda _plan: rows)
    plan = Plan.__new__(Plan)
    for name, value in {"inputs": {"seen": {}, "unseen": {}}, "before": {}}.items():
        object.__setattr__(plan, name, value)
    found = {item.state: " ".join(item.messages) for item in inputs.items(plan)}
    assert found["not checked"] == "unseen: In the Data Lake; its copies were not looked at."
    assert found["ok"].startswith("1 input found")


def test_a_form_that_was_sent_comes_back_with_what_is_typed_and_can_be_launched(
    lead: Client, specification: Specification, lake: IndexedScope
) -> None:
    launch = reverse("workflows:launch", args=[specification.project.slug])
    data = {"i-0": f"{SCOPE}:aeff.fits", "i-1": f"{SCOPE}:DM.night.events"}
    typed = {"specification": "s", "key": str(uuid.uuid4()), "do": "launch", "p-years": "3", **data}
    assert lead.post(launch, typed).status_code == 302
    reply = lead.post(launch, typed | {"p-years": "5"})
    assert reply.status_code == 422
    form = reply.context["form"]
    assert (form["p-years"].value(), form["key"].value() != typed["key"]) == ("5", True)
    assert lead.post(launch, typed | {"p-years": "5", "key": form["key"].value()}).status_code == 302
    assert Run.objects.count() == 2


def test_what_cannot_be_bound_is_no_check_that_passed(lead: Client, specification: Specification, lake: IndexedScope) -> None:
    launch = reverse("workflows:launch", args=[specification.project.slug])
    typed = {"specification": "s", "p-years": "3", "i-0": f"{SCOPE}:DM.night.events", "i-1": f"{SCOPE}:DM.night.events"}
    page = lead.post(launch, typed | {"do": "launch", "key": str(uuid.uuid4())}).content.decode()
    beside = page[page.index('id="known-i-0"') :][:700]
    assert 'data-state="wrong type"' in beside
    assert "has the type dataset" in beside
    assert 'data-state="there"' not in beside
    answer = lead.post(f"{launch}before/", typed).content.decode()
    wrong = answer[: answer.index("preflight-passed")]
    assert "a.fits: Enter the DID of a file." in wrong
    assert "Choose another file" in wrong
