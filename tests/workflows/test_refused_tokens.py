"""A REANA that refuses a token before its time gets another one, once a call; what it says then counts, and nothing is lost meanwhile."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache

from projects.workflows import reana, viewers
from projects.workflows.models import Run
from tests.vre_portal.servers import serving
from tests.workflows.conftest import SERVER
from tests.workflows.test_polling import job
from vre_portal.http import RemoteRefused
from vre_portal.iam.vault import SignInAgain, renewable_token
from vre_portal.iam.vault.renewable_token import RenewableToken
from vre_portal.services import Service, ServiceKind

REFUSED = RemoteRefused("REANA says: Signature has expired.", status=401, code="sign-in")
Reana = tuple[Service, list[tuple[str, bytes]]]


@pytest.fixture
def strict() -> Iterator[Reana]:
    """A REANA that takes the token "second" alone; the token and the body of each call that arrived."""
    arrived: list[tuple[str, bytes]] = []

    def answer(it: Any) -> None:
        token, body = it.headers.get("Authorization", "")[7:], it.rfile.read(int(it.headers.get("Content-Length") or 0))
        if not token:
            it.whole(b"{}", 401, WWW_Authenticate="Bearer")
            return
        arrived.append((token, body))
        if token != "second":
            it.whole(b'{"detail": "Signature has expired."}', 401)
        elif it.path.endswith("/logs"):
            it.whole(json.dumps({"logs": json.dumps({"workflow_logs": "done", "job_logs": {}})}).encode())
        else:
            it.whole(b"{}")

    with serving(answer) as (found, _):
        yield Service(ServiceKind.REANA, found.name, "Test", found.url, "reana", {"dialect": "bearer"}), arrived


def test_a_refused_token_is_replaced_and_the_call_made_again(strict: Reana) -> None:
    server, arrived = strict
    token = RenewableToken("first", lambda: "second")
    reana.upload(server, token, "w", "a.txt", iter([b"some ", b"text"]))
    reana.upload(server, token, "w", "b.txt", b"more")
    assert arrived == [("first", b"some text"), ("second", b"some text"), ("second", b"more")]


def test_a_job_that_outlives_several_tokens_gets_each_of_them(strict: Reana, monkeypatch: pytest.MonkeyPatch) -> None:
    server, arrived = strict
    monkeypatch.setattr(renewable_token, "AGAIN_SECONDS", 0)
    tokens = iter(["worn out", "second"])
    token = RenewableToken("first", lambda: next(tokens))
    with pytest.raises(RemoteRefused):
        reana.upload(server, token, "w", "a.txt", b"text")
    reana.upload(server, token, "w", "a.txt", b"text")
    assert [sent for sent, _ in arrived] == ["first", "worn out", "worn out", "second"]


def test_also_where_the_answer_is_read_as_it_comes(strict: Reana) -> None:
    server, arrived = strict
    assert reana.logs(server, RenewableToken("first", lambda: "second"), "w").engine == "done"
    assert [token for token, _ in arrived] == ["first", "second"]


@pytest.mark.parametrize(("token", "sent"), [(RenewableToken("first", lambda: "third"), ["first", "third"]), ("first", ["first"])])
def test_a_second_refusal_counts_and_so_does_the_first_of_a_token_that_nobody_replaces(strict: Reana, token: str, sent: list[str]) -> None:
    server, arrived = strict
    with pytest.raises(RemoteRefused, match="Signature has expired"):
        reana.start(server, token, "w")
    assert [token for token, _ in arrived] == sent


@pytest.mark.parametrize("refusal", [REFUSED, SignInAgain("Your sign-in has expired.")])
@pytest.mark.parametrize("state", ["finished", "failed"])
def test_a_refused_token_loses_no_steps_of_a_run_that_has_ended(out_there: Callable[..., Run], state: str, refusal: Exception) -> None:
    run = out_there(state, logs=refusal)
    assert (run.status, run.steps) == (Run.Status.RUNNING, [])
    Run.objects.update(lease_until=None)
    cache.delete(f"follow-{run.by_id}-{SERVER}")
    run = out_there(state, logs=reana.Logs("", (job("text", state=state),), False))
    assert (run.status, [step["log"] for step in run.steps]) == (state, ["text"])


def test_a_run_whose_logs_stay_refused_ends_without_them(out_there: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "has_patience", lambda *_: False)
    run = out_there("finished", logs=REFUSED)
    assert run.status == Run.Status.FINISHED
    assert "Its logs could not be fetched" in run.error
