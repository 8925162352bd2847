"""A specification with a fault costs only itself: no page of its project fails, and whoever can mend it reads what is wrong and where."""

import time
import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Membership, Project, Role
from projects.workflows.forms import LaunchForm
from projects.workflows.models import Specification
from projects.workflows.presenting import graph
from tests.factories import make_project
from tests.workflows.mutants import SERIAL, bomb, mutants

DATA = {"data/x.fits": {"lake": "escape", "did": "A_B_C:x.fits"}}


@pytest.fixture
def project(people: dict[str, object]) -> Project:
    made = make_project(visibility=Project.Visibility.PUBLIC, scope="TEST_SP")
    Membership.objects.create(project=made, user=people["lead"], role=Role.LEAD)  # type: ignore[misc]
    Membership.objects.create(project=made, user=people["member"], role=Role.MEMBER)  # type: ignore[misc]
    return made


def add(project: Project, name: str, text: str) -> Specification:
    """The specification as somebody wrote it; NUL is what no column can hold, so no door lets it through."""
    return Specification.objects.create(project=project, name=name, title=f"Title of {name}", text=text.replace("\0", ""), data=DATA)


def part_of(all_of_them: dict[str, str]) -> dict[str, str]:
    """Every seventh mutant and all whole texts, for what costs a page each."""
    return {name: text for number, (name, text) in enumerate(all_of_them.items()) if number % 7 == 0 or name.startswith("text")}


@pytest.mark.rare(group="specifications")
def test_no_mutant_takes_its_form() -> None:
    for name, text in mutants().items():
        specification = Specification(project=Project(slug="p"), name="m", title="M", text=text, data=DATA)
        begin = time.process_time()
        if not specification.faults:
            opened = LaunchForm(None, specification=specification)
            assert [str(field) for field in opened], name
            sent = LaunchForm({"key": str(uuid.uuid4()), "i-0": "A_B_C:x.fits", "p-ratio": "1"}, specification=specification)
            assert sent.is_valid() or sent.errors, name
            assert opened.checks, name
            graph(specification)
        assert time.process_time() - begin < 2, name


@pytest.mark.rare(group="specifications")
def test_no_mutant_takes_the_pages_of_its_project(project: Project, signed_in: Callable[[str], Client]) -> None:
    for number, text in enumerate(mutants().values()):
        add(project, f"mutant-{number}", text)
    add(project, "good", SERIAL)
    lead = signed_in("lead")
    for address in ("workflows:index", "workflows:recent", "projects:detail"):
        for client in (lead, signed_in("member"), signed_in("anonymous")):
            assert client.get(reverse(address, args=[project.slug])).status_code == 200
    page = lead.get(reverse("workflows:index", args=[project.slug])).content.decode()
    assert "Title of good" in page
    assert all(f"Title of mutant-{number}<" in page for number in range(len(mutants())))
    for wanted in ("json", "csv"):
        assert lead.get(reverse("workflows:index", args=[project.slug]), {"format": wanted}).status_code == 200
    assert lead.get(reverse("workflows-use"), {"lake": "escape", "did": "A_B_C:x.fits"}).status_code == 200
    assert lead.get(reverse("workflows-mine")).status_code == 200


@pytest.mark.rare(group="specifications")
def test_no_mutant_takes_its_launch_page(project: Project, signed_in: Callable[[str], Client]) -> None:
    lead = signed_in("lead")
    address = reverse("workflows:launch", args=[project.slug])
    slow: dict[str, float] = {}
    failed: dict[str, object] = {}
    add(project, "mutant", SERIAL)
    for name, text in part_of(mutants()).items():
        Specification.objects.filter(project=project).update(text=text.replace("\0", ""))
        begin = time.perf_counter()
        try:
            shown = lead.get(address, {"specification": "mutant"}).status_code
            typed = {"specification": "mutant", "key": str(uuid.uuid4()), "i-0": "A_B_C:x.fits", "p-ratio": "1", "p-count": "4"}
            sent = lead.post(f"{address}?specification=mutant", typed).status_code
        except Exception as error:  # noqa: BLE001 -- which of them it was is what the test tells
            shown, sent, failed[name] = 500, 500, repr(error)[:200]
        if shown != 200 or sent not in (302, 422):
            failed.setdefault(name, (shown, sent))
        if (took := time.perf_counter() - begin) > 2:
            slow[name] = took
        project.runs.all().delete()
    assert not failed, f"{len(failed)} of {len(mutants())}: {failed}"
    assert not slow


def test_the_reason_is_shown_to_those_who_can_mend_it(project: Project, signed_in: Callable[[str], Client]) -> None:
    add(project, "malformed", "version: 0.9.0\nworkflow: yadage\n")
    add(project, "good", SERIAL)
    address = reverse("workflows:index", args=[project.slug])
    reason = "workflow (line 2): must be a mapping, but is the text “yadage”"
    lead = signed_in("lead").get(address).content.decode()
    assert reason in lead
    assert "?specification=malformed" not in lead  # nothing to launch
    assert "?specification=good" in lead
    visitor = signed_in("anonymous").get(address).content.decode()
    assert reason not in visitor
    assert "cannot be launched" in visitor


def test_a_faulty_specification_has_a_launch_page_that_says_why(project: Project, signed_in: Callable[[str], Client]) -> None:
    add(project, "malformed", "workflow: yadage\n")
    client, address = signed_in("member"), reverse("workflows:launch", args=[project.slug]) + "?specification=malformed"
    page = client.get(address)
    assert page.status_code == 200
    assert "must be a mapping" not in page.content.decode()  # a member cannot mend it
    assert "cannot be launched" in page.content.decode()
    assert "must be a mapping" in signed_in("lead").get(address).content.decode()
    reply = client.post(address, {"specification": "malformed", "key": str(uuid.uuid4())})
    assert reply.status_code == 422
    assert not project.runs.exists()


def test_a_faulty_one_is_not_the_one_that_the_launch_page_opens_with(project: Project, signed_in: Callable[[str], Client]) -> None:
    add(project, "a-malformed", "workflow: yadage\n")
    add(project, "good", SERIAL)
    page = signed_in("member").get(reverse("workflows:launch", args=[project.slug])).content.decode()
    assert "Launch · Title of good" in page


@pytest.mark.parametrize("levels", [4, 5, 9, 40])
def test_a_bomb_is_refused_at_once(project: Project, signed_in: Callable[[str], Client], levels: int) -> None:
    add(project, "bomb", bomb(levels))
    client = signed_in("lead")
    begin = time.perf_counter()
    page = client.get(reverse("workflows:launch", args=[project.slug]), {"specification": "bomb"})
    assert page.status_code == 200
    assert time.perf_counter() - begin < 2
    assert len(page.content) < 500_000


def test_a_command_of_any_length_is_checked_at_once(project: Project, signed_in: Callable[[str], Client]) -> None:
    long = "echo " + "y" * 100_000
    add(project, "long", f"workflow: {{type: serial, specification: {{steps: [{{name: s, environment: e, commands: ['{long}']}}]}}}}")
    begin = time.perf_counter()
    assert signed_in("lead").get(reverse("workflows:launch", args=[project.slug])).status_code == 200
    assert time.perf_counter() - begin < 2
