"""Run again, where a registry tells which image a tag names: the same as in the run, another one, or it does not say."""

import pytest
from django.core.cache import cache
from django.test import Client

from projects.workflows.models import ReanaOffer, Run, Specification
from tests.workflows.launching.conftest import TEXT
from tests.workflows.launching.test_again import again_address, key_on, words
from tests.workflows.launching.test_versions import add, sent
from tests.workflows.preflight.conftest import Registry
from tests.workflows.preflight.conftest import registry as registry

pytestmark = pytest.mark.django_db
OLD, NEW = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


@pytest.fixture
def run(member: Client, address: str, specification: Specification, offer: ReanaOffer, registry: Registry) -> Run:
    """Of images a:1 and b:1, whose digests were recorded."""
    text = TEXT.replace("image:1", f"{registry.host}/a:1").replace("image:2", f"{registry.host}/b:1")
    add(specification, text)
    member.post(address, sent())
    Run.objects.update(image_digests={f"{registry.host}/{name}": OLD for name in ("a:1", "b:1")})
    registry.images, registry.digests = {"a:1", "b:1"}, {"a:1": OLD, "b:1": NEW}
    return Run.objects.get()


def test_a_tag_that_points_to_another_image_is_named_after_the_registry_was_asked(member: Client, run: Run, registry: Registry) -> None:
    page = member.get(again_address(run))
    assert registry.asked == []  # opening the page asks nobody
    assert f"so they may have changed: {registry.host}/a:1, {registry.host}/b:1." in words(page)
    assert "Compare checksums" in words(page)
    page = member.post(again_address(run), {"key": key_on(page), "do": "look"})
    assert f"The tag now points to another image: {registry.host}/b:1 was {OLD} in the run and is now {NEW}." in words(page)
    assert "may have changed" not in words(page)
    assert f"{registry.host}/a:1 was" not in words(page)
    assert "nothing has changed" not in words(page)
    assert Run.objects.count() == 1


def test_what_a_registry_does_not_say_may_still_have_changed(member: Client, run: Run, registry: Registry) -> None:
    registry.status = 500
    page = member.post(again_address(run), {"key": key_on(member.get(again_address(run))), "do": "look"})
    assert "so they may have changed" in words(page)
    assert "now points to another image" not in words(page)


def test_the_checks_before_a_launch_from_the_run_say_it_too(member: Client, run: Run, address: str, registry: Registry) -> None:
    part = address.replace("/new/", "/new/before/").replace("?", f"?from={run.number}&")
    cache.clear()
    page = member.post(part, sent())
    assert f"{registry.host}/b:1 was {OLD} in the run" in words(page)


def test_the_page_of_the_run_shows_what_was_recorded(member: Client, run: Run, registry: Registry) -> None:
    shown = words(member.get(run.get_absolute_url()))
    assert f"Digest of {registry.host}/b:1 {OLD}" in shown
    assert member.get(f"{run.get_absolute_url()}?format=json").json()["image_digests"] == run.image_digests
