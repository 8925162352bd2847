"""In the first minutes of a portal nothing is said to be missing that was not looked at yet, and no request for it is selected."""

import pytest
from django.utils import timezone

from catalog.software.models import Harvest
from projects.onboarding.matching import NeedState
from tests.projects.onboarding.matching_cases import add_entry, needs_of
from tests.search_index import index_all
from vre_portal.iam.models import User
from vre_portal.search import worker
from vre_portal.services import ServiceKind, services

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("new_portal")]
ANSWERS = {
    "people": {"experiments": ["CTA"]},
    "software": {"software": ["Gammapy"], "methods": ["imaging"]},
    "further": {"archives": ["Gaia"], "training": ["Knitting"]},
}
AWAITED = ("software-gammapy", "archive-gaia", "training-knitting")


def harvest(state: Harvest.State) -> None:
    for item in services(ServiceKind.ZENODO):
        Harvest.objects.create(service=item.name, state=state, finished_at=timezone.now())


def test_what_was_never_indexed_is_being_looked_up(people: dict[str, User]) -> None:
    found = needs_of(people["lead"], **ANSWERS)
    assert {found[key].state for key in AWAITED} == {NeedState.AWAITED}
    assert not any(found[key].is_to_request for key in AWAITED)
    for key in (*AWAITED, "experiment-cta", "similar"):
        assert "for the first time" in " ".join(found[key].notes), key


def test_what_was_indexed_and_not_found_is_missing(people: dict[str, User]) -> None:
    worker.compare_all()
    harvest(Harvest.State.DONE)
    found = needs_of(people["lead"], **ANSWERS)
    assert {found[key].state for key in AWAITED} == {NeedState.MISSING}
    assert "for the first time" not in " ".join(note for need in found.values() for note in need.notes)


def test_a_catalogue_whose_harvest_failed_or_goes_on_is_not_empty(people: dict[str, User]) -> None:
    worker.compare_all()
    harvest(Harvest.State.FAILED)
    harvest(Harvest.State.RUNNING)
    add_entry("Gammapy")
    index_all()
    found = needs_of(people["lead"], software={"software": ["Gammapy", "Nosuchtool"]}, further={"training": ["Knitting"]})
    assert found["software-gammapy"].state is NeedState.LISTED
    assert found["software-nosuchtool"].state is NeedState.AWAITED
    assert found["training-knitting"].state is NeedState.MISSING
