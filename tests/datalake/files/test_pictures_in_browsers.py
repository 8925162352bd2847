"""How long a browser shows a picture of a preview without asking: whoever sits there next asks for the same address."""

import base64
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from datalake import rucio
from datalake.files import previews
from datalake.files.views import downloads
from vre_portal.services import ServiceKind, service

PICTURE = {"kind": "picture", "text": "", "image": base64.b64encode(b"\x89PNG").decode()}


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ("KM3NET_ECAP_SP", "private, max-age=3600"),
        ("KM3NET_EMBARGO_SP", "private, no-store"),
        ("user.lead", "private, no-store"),
    ],
)
def test_only_what_everybody_may_see_is_shown_again_without_asking(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch, scope: str, said: str
) -> None:
    monkeypatch.setattr(downloads, "file_of", lambda _look, scope, name: rucio.Did(scope, name, "FILE", bytes=4))
    monkeypatch.setattr(previews, "make", lambda *_args, **_more: previews.Preview(sections=[PICTURE], is_kept=True))
    look: Any = SimpleNamespace(lake=service(ServiceKind.RUCIO), credentials=None, is_personal=True)
    request = rf.get("/", {"image": "0"})
    request.user = AnonymousUser()
    reply = downloads.show(request, look, scope, "x.png")
    assert (reply.status_code, reply["Content-Type"]) == (200, "image/png")
    assert reply["Cache-Control"] == said
