"""The database away: every page is a 503 with words and a time to come back, in a process of its own that cannot reach one."""

import json
import os
import subprocess
import sys

import pytest
from django.test import Client

from devstack import address

PAGES = (
    "/",
    "/projects/",
    "/projects/km3net/",
    "/dashboard/",
    "/me/",
    "/datalake/escape/",
    "/status/",
    "/search/?q=a",
    "/accounts/login/",
    "/projects/?format=json",
)
CODE = """
import json, sys
from django.conf import settings
settings.DEBUG = False
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # nothing was collected
import django
django.setup()
from django.test import Client
client = Client(raise_request_exception=False)
client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
found = {}
for page in sys.argv[1:]:
    reply = client.get(page, headers={"Host": "127.0.0.1"})
    found[page] = (reply.status_code, reply.get("Retry-After"), reply.content.decode())
print("FOUND" + json.dumps(found))
"""


@pytest.fixture(scope="module")
def answers() -> dict[str, tuple[int, str | None, str]]:
    """What each page answers to somebody who was signed in before."""
    variables = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "DJANGO_SETTINGS_MODULE": "vre_portal.settings",
        "DEBUG": "False",
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE, *PAGES],
        cwd=address.ROOT,
        env={**os.environ, **variables},  # noqa: TID251 -- another process's settings
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "FOUND" in done.stdout, done.stderr[-2000:]
    found: dict[str, tuple[int, str | None, str]] = json.loads(done.stdout.partition("FOUND")[2])
    return found


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_that_the_database_is_away(answers: dict[str, tuple[int, str | None, str]], page: str) -> None:
    status, retry, body = answers[page]
    assert (status, retry) == (503, "30")
    assert "database is not responding" in body
    assert "Traceback" not in body
    assert page.endswith("json") == (body[0] == "{")


@pytest.mark.django_db
@pytest.mark.urls("tests.vre_portal.failing_urls")
def test_a_question_that_the_database_does_not_end_is_no_fault(client: Client) -> None:
    client.raise_request_exception = False
    assert client.get("/test/lost").status_code == 503


@pytest.mark.django_db
@pytest.mark.urls("tests.vre_portal.failing_urls")
def test_a_fault_is_json_for_programs(client: Client) -> None:
    client.raise_request_exception = False
    reply = client.get("/test/broken?format=json", headers={"X-Request-ID": "reference-3"})
    assert (reply.status_code, reply.json()["reference"]) == (500, "reference-3")
    assert "ZeroDivision" not in reply.json()["error"]
