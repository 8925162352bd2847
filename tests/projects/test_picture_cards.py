"""The small copy of a project's picture that lists show: small, for the same readers, and the picture itself where it cannot be made."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.test import Client
from PIL import Image

from projects.models import Project
from tests.factories import make_news, make_project

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
CARD = "/projects/seen/picture?size=card"


def drawn(kind: str, side: int = 1600, mode: str = "RGB") -> bytes:
    made = io.BytesIO()
    Image.effect_noise((side, side // 2), 60).convert(mode).save(made, kind)
    return made.getvalue()


@pytest.fixture
def project(settings: Any, tmp_path: Any) -> Project:
    settings.MEDIA_ROOT = str(tmp_path)
    cache.clear()
    return make_project(slug="seen", visibility=Project.Visibility.PUBLIC)


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("JPEG", "RGB"), ("WEBP", "RGB")])
def test_a_card_is_a_small_webp(project: Project, kind: str, mode: str) -> None:
    whole = drawn(kind, mode=mode)
    project.picture.save(f"p.{kind.lower()}", ContentFile(whole))
    for _ in range(2):  # made, and remembered
        reply = Client().get(CARD)
        assert reply["Content-Type"] == "image/webp"
        with Image.open(io.BytesIO(reply.content)) as small:
            assert (small.format, small.size) == ("WEBP", (640, 320))
        assert len(reply.content) < len(whole) / 3
    assert b"".join(Client().get("/projects/seen/picture").streaming_content) == whole  # type: ignore[attr-defined]


def test_a_card_and_its_picture_are_two_things_to_a_browser(project: Project) -> None:
    project.picture.save("p.png", ContentFile(drawn("PNG")))
    tags = {Client().get(where)["ETag"] for where in (CARD, "/projects/seen/picture")}
    assert len(tags) == 2
    assert Client().get(CARD, headers={"If-None-Match": Client().get(CARD)["ETag"]}).status_code == 304


def test_what_cannot_be_made_small_is_sent_as_it_is(project: Project) -> None:
    project.picture.save("p.png", ContentFile(b"\x89PNG no picture"))
    reply = Client().get(CARD)
    assert b"".join(reply.streaming_content) == b"\x89PNG no picture"  # type: ignore[attr-defined]
    assert reply["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_card_is_for_those_who_see_the_project_at_this_moment(project: Project, signed_in: SignIn) -> None:
    project.picture.save("p.png", ContentFile(drawn("PNG")))
    assert Client().get(CARD).status_code == 200
    Project.objects.update(visibility=Project.Visibility.MEMBERS)
    assert Client().get(CARD).status_code == 404
    assert signed_in("outsider").get(CARD).status_code == 404


def test_another_picture_has_another_card(project: Project) -> None:
    project.picture.save("p.png", ContentFile(drawn("PNG")))
    first = Client().get(CARD).content
    project.picture.save("p.png", ContentFile(drawn("PNG", side=800)))
    second = Client().get(CARD).content
    assert first != second


def test_a_picture_whose_file_is_missing_is_not_found(project: Project) -> None:
    project.picture.save("p.png", ContentFile(drawn("PNG")))
    project.picture.storage.delete(str(project.picture.name))
    for where in (CARD, "/projects/seen/picture"):
        assert Client().get(where).status_code == 404


def test_a_picture_of_news_whose_file_is_missing_is_not_found(project: Project) -> None:
    item = make_news(project)
    item.picture.save("n.png", ContentFile(drawn("PNG")))
    item.picture.storage.delete(str(item.picture.name))
    assert Client().get(f"/news/{item.pk}/picture").status_code == 404
