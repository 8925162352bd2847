"""Pages are compressed where their length tells nothing: never what a stranger sends beside what only one person may read."""

import gzip
from collections.abc import Callable

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from vre_portal.compression import middleware

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
GZIP = {"Accept-Encoding": "gzip, br"}
GUESS = "e-mail guess 7f3"


def body(path: str, client: Client) -> str:
    reply = client.get(path, headers=GZIP)
    assert reply["Content-Encoding"] == "gzip"
    assert int(reply["Content-Length"]) == len(reply.content)
    return gzip.decompress(reply.content).decode()


@pytest.mark.parametrize("path", ["/", "/projects/", "/catalog/software/?format=json", "/search/?q=x", "/nothing/"])
def test_a_visitors_page_is_compressed_and_says_so_to_caches(path: str) -> None:
    reply = Client().get(path, headers=GZIP)
    if len(Client().get(path).content) < 200:
        pytest.skip("too short to become shorter")
    assert reply["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in reply["Vary"]


def test_who_does_not_take_it_gets_it_plain_and_the_caches_know() -> None:
    reply = Client().get("/")
    assert "Content-Encoding" not in reply
    assert "Accept-Encoding" in reply["Vary"]
    assert reply.content.startswith(b"<!doctype html>")


@pytest.mark.parametrize("path", ["/dashboard/", "/me/", "/projects/"])
def test_a_persons_page_at_its_plain_address_is_compressed(signed_in: SignIn, path: str) -> None:
    assert "Lena Lead" in body(path, signed_in("lead"))


def test_no_page_of_a_persons_repeats_a_query_compressed(signed_in: SignIn) -> None:
    reply = signed_in("lead").get("/search/", {"q": GUESS}, headers=GZIP)
    assert GUESS in reply.content.decode()
    assert "Content-Encoding" not in reply


def test_no_error_page_of_a_persons_repeats_an_address_compressed(signed_in: SignIn) -> None:
    reply = signed_in("lead").get("/projects/no-such-guess/", headers=GZIP)
    assert reply.status_code == 404
    assert "Content-Encoding" not in reply


def test_no_form_of_a_persons_comes_back_compressed(signed_in: SignIn) -> None:
    reply = signed_in("lead").post("/me/services/", {"service": GUESS}, headers=GZIP)
    assert reply.status_code >= 200
    assert "Content-Encoding" not in reply


def test_the_token_of_a_form_is_other_text_on_every_page() -> None:
    client = Client()
    tokens = {part.split('"')[0] for _ in range(3) for part in body("/accounts/login/", client).split('csrfmiddlewaretoken" value="')[1:]}
    assert len(tokens) >= 3


def test_a_stream_is_sent_as_it_is(rf: RequestFactory) -> None:
    stream = StreamingHttpResponse([b"1,2\n" * 500], content_type="text/csv")
    reply = middleware(lambda request: stream)(rf.get("/", headers=GZIP))  # type: ignore[arg-type,return-value]
    assert "Content-Encoding" not in reply
    assert "Content-Encoding" not in Client().get("/robots.txt", headers=GZIP)


def test_what_is_compressed_already_is_left_as_it_is(rf: RequestFactory) -> None:
    kept = HttpResponse(gzip.compress(b"<p>kept</p>" * 50), headers={"Content-Encoding": "gzip"})
    assert gzip.decompress(middleware(lambda request: kept)(rf.get("/", headers=GZIP)).content) == b"<p>kept</p>" * 50  # type: ignore[attr-defined]
