"""The page of a preview: what stopped it for the moment can be tried again, without JavaScript too, and is nobody else's fault."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from datalake.files import preview_places, preview_process
from datalake.files.preview_places import MINE, reader_place
from datalake.files.preview_process import TIMED_OUT
from tests.datalake.stack_dids import LAKE
from tests.devstack.rucio_client import upload
from tests.page_text import text_of
from vre_portal.iam.models import User

pytestmark = [pytest.mark.integration("rucio", "storage", "iam"), pytest.mark.django_db(transaction=True)]
Visitor = Callable[[str], Client]


def test_a_preview_that_timed_out_has_a_retry_that_works(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    client, page = visitor("member"), f"{LAKE}preview/user.member/{upload('member', 'user.member', b'words')}"
    with monkeypatch.context() as patched:
        patched.setattr(preview_process, "TIMEOUT_SECONDS", 0.01)
        first = client.get(page)
        fragment = client.get(page, headers={"HX-Request": "true"})
    assert (first.status_code, first["Retry-After"], fragment.status_code) == (503, "5", 200)
    for reply in (first, fragment):
        assert str(TIMED_OUT) in text_of(reply.content)
        assert f'href="{page}"' in reply.content.decode()
        assert "Data Lake is not responding" not in text_of(reply.content)
    again = client.get(page)
    assert again.status_code == 200
    assert "words" in text_of(again.content)
    assert "Retry" not in text_of(again.content)


def test_a_second_preview_of_one_person_is_asked_to_wait(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_places, "WAIT_SECONDS", 0.1)
    client, page = visitor("member"), f"{LAKE}preview/user.member/{upload('member', 'user.member', b'words')}"
    user: Any = User.objects.get(pk=client.session["_auth_user_id"])
    with reader_place(f"person:{user.pk}"):
        reply = client.get(page)
    assert reply.status_code == 503
    assert str(MINE) in text_of(reply.content)
    assert client.get(page).status_code == 200


def test_an_empty_file_is_said_to_be_empty(visitor: Visitor) -> None:
    name = upload("member", "user.member", b"", ".parquet")
    reply = visitor("member").get(f"{LAKE}preview/user.member/{name}")
    assert "The file is empty." in text_of(reply.content)


def test_what_a_guess_or_a_cut_leaves_out_stands_on_the_page(visitor: Visitor) -> None:
    name = upload("member", "user.member", "Zürich;Höhe\n1;2\n".encode("latin-1") + b"3;4\n" * 30, ".csv")
    text = text_of(visitor("member").get(f"{LAKE}preview/user.member/{name}").content)
    assert "Zürich" in text
    assert "which is a guess" in text
    assert "Rows shown: the first 15 of 31." in text
