"""One id per request: taken or made, carried into tasks, and in log lines that nobody can forge."""

import json
import logging
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from vre_portal import celery, request_id


def answered_id(given: str | None) -> str:
    """The id in the answer to a request that carries `given`."""
    headers = {} if given is None else {"X-Request-ID": given}
    return str(Client().get("/healthz", headers=headers)["X-Request-ID"])


def test_a_harmless_id_of_the_proxy_is_taken() -> None:
    assert answered_id("abc-DEF-123456") == "abc-DEF-123456"


@pytest.mark.parametrize("given", ["short", "x" * 65, "with space 123", "<script>alert(1)</script>", "line\nbreak-123", "é" * 10])
def test_any_other_id_is_replaced(given: str) -> None:
    made = answered_id(given)
    assert made != given
    assert len(made) == 12


def test_two_requests_have_two_ids() -> None:
    assert answered_id(None) != answered_id(None)


def test_the_id_travels_into_a_task_and_is_current_there() -> None:
    request_id.set_current("page-that-asked")
    headers: dict[str, Any] = {}
    celery.send_request_id(headers=headers)
    request_id.set_current(None)

    # Celery's own request object has the headers as attributes.
    celery.take_request_id(task=SimpleNamespace(request=SimpleNamespace(headers=None, **headers)))
    assert request_id.current() == "page-that-asked"


def test_a_published_message_carries_the_id_in_its_headers() -> None:
    request_id.set_current("published-id")
    app = celery.app
    with app.connection_for_write("memory://") as connection, connection.channel() as channel:
        producer = app.amqp.Producer(channel)
        app.send_task("portal.no_such_task", producer=producer, queue="request-id-test", ignore_result=True)
        queue = connection.SimpleQueue("request-id-test", channel=channel)
        assert queue.get(timeout=2).headers["vre_request_id"] == "published-id"


def log_line(message: str, *values: object, **extra: Any) -> str:
    record = logging.LogRecord("test", logging.WARNING, __file__, 1, message, values, extra.get("exc_info"))
    return request_id.JsonFormatter().format(record)


def test_upstream_text_cannot_forge_a_second_log_line() -> None:
    request_id.set_current("the-real-id")
    line = log_line("remote said %s", 'no\n{"level": "info", "message": "all is well"}\u2028\x85end')
    assert len(line.splitlines()) == 1
    parsed = json.loads(line)
    assert parsed["level"] == "warning"
    assert parsed["request_id"] == "the-real-id"
    assert "all is well" in parsed["message"]


def test_an_exception_stays_on_its_line() -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError as error:
        line = log_line("failed", exc_info=(type(error), error, error.__traceback__))
    assert len(line.splitlines()) == 1
    assert "ValueError" in json.loads(line)["exception"]
