"""A remote failure that nobody handled is a page with a cause, a next step and a reference."""

import pytest
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.vre_portal.failing_urls")]


def test_an_outage_is_a_503_that_says_what_and_when_to_come_back(client: Client) -> None:
    reply = client.get("/test/unavailable", headers={"X-Request-ID": "reference-1"})
    assert reply.status_code == 503
    assert reply["Retry-After"] == "7"
    body = reply.content.decode()
    assert "Test service &lt;b&gt;cannot&lt;/b&gt; be reached." in body
    assert "Try again" in body
    assert "reference-1" in body


def test_a_refusal_is_a_502_with_the_reason_and_no_time_to_come_back(client: Client) -> None:
    reply = client.get("/test/refused")
    assert reply.status_code == 502
    assert "Test service says no." in reply.content.decode()
    assert "Retry-After" not in reply


@pytest.mark.parametrize(("address", "status"), [("/test/unavailable", 503), ("/test/refused", 502)])
def test_programs_get_it_as_json(client: Client, address: str, status: int) -> None:
    reply = client.get(f"{address}?format=json", headers={"X-Request-ID": "reference-2"})
    assert (reply.status_code, reply["Content-Type"]) == (status, "application/json")
    assert reply.json()["reference"] == "reference-2"
    assert reply.json()["error"].startswith("Test service")
    assert ("Retry-After" in reply) == (status == 503)


def test_a_service_that_is_not_configured_here_is_no_fault(client: Client) -> None:
    reply = client.get("/test/without")
    assert reply.status_code == 503
    assert "No tap service is called" in reply.content.decode()


def test_a_fault_of_our_own_is_a_500_without_its_inside(client: Client) -> None:
    client.raise_request_exception = False
    reply = client.get("/test/broken")
    assert reply.status_code == 500
    assert b"ZeroDivision" not in reply.content
    assert b"Traceback" not in reply.content
