"""Requests that cannot be read are refused in JSON, each with what to do."""

import io
import json
from typing import Any, override

import pytest
from django.http.request import UnreadablePostError
from django.test import Client

from tests.api.callers import code_of, program
from vre_portal.api.errors import error_of
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(people: dict[str, User]) -> Client:
    return program(people["lead"])


def test_a_body_that_is_larger_than_any_is_refused(caller: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
    body = json.dumps({"kind": "did", "value": "x" * 1_000_001})
    reply = caller.post("/api/basket/items/", body, content_type="application/json")
    assert code_of(reply) == (413, "too_large")
    assert "1 MB" in reply.json()["error"]["message"]


def test_a_body_that_breaks_off_is_the_sender_s(caller: Client) -> None:
    class Broken(io.BytesIO):
        @override
        def read(self, *_: Any) -> bytes:
            raise OSError("gone")

    reply = caller.generic("POST", "/api/basket/items/", content_type="application/json", CONTENT_LENGTH="9", **{"wsgi.input": Broken()})
    assert code_of(reply) == (400, "invalid")
    assert error_of(UnreadablePostError("gone")).next_step
