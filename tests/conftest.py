"""What all tests share: who is skipped without a stack, the demonstration's people, signed-in clients, the browser."""

import os
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client, TransactionTestCase
from playwright.sync_api import expect

from datalake.index import visitors
from datalake.pages import readers
from datalake.reads.public_reader import PublicReader
from datalake.reads.reader import LakeReader
from datalake.uploads import permissions as upload_permissions
from devstack import address, health
from tests import stack, workers
from tests.factories import make_people
from vre_portal import deadlines, http, services
from vre_portal.iam.models import User
from vre_portal.iam.sessions.session_tracking import PROVEN_AT
from vre_portal.pages import middleware as page_cache
from vre_portal.services import Service, ServiceKind


def pytest_configure() -> None:
    """Let pages be rendered without a build of the static files: the manifest is made by collectstatic."""
    # Playwright keeps an event loop in this thread for as long as its browser lives; the tests' own queries are synchronous all the same.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # noqa: TID251 -- a switch of Django's that is no setting
    django_settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    Path(django_settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns of a folder that is not there
    if (worker := workers.number()) is not None:
        workers.separate(django_settings, worker)


def pytest_sessionstart() -> None:
    """Begin without messages of an earlier run, where the broker is this worker's own."""
    if workers.number() is not None:
        workers.empty(django_settings.REDIS_URL)


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, dict[str, Any] | None, dict[str, Any] | None]:
    """Let a worker report any text."""
    return workers.sendable((yield))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """After a failure say once more in which order the tests ran: the header is far above, and with -q there is none."""
    seed = config.getoption("randomly_seed", None)
    if seed is not None and (terminalreporter.stats.get("failed") or terminalreporter.stats.get("error")):
        terminalreporter.write_line(f"The same order again: --randomly-seed={seed}")


def missing(item: pytest.Item) -> str:
    """Why a test cannot run here, or nothing: `integration("rucio", "reana")` names servers, a plain one is content with any."""
    named = [str(name) for mark in item.iter_markers("integration") for name in mark.args]
    marked = item.get_closest_marker("integration") is not None
    server = item.path.stem.removeprefix("test_").split("_")[0]
    if marked and not named and item.path.parent.name == "devstack" and server in health.CHECKS:
        named = [server]
    if item.get_closest_marker("browser"):
        named.append("portal")
    if item.get_closest_marker("django_db") or "db" in getattr(item, "fixturenames", ()):
        named.append("postgres")
    absent = [name for name in named if stack.waiting(name)]
    if absent:
        return f"the local stack's {', '.join(absent)} does not answer at PORT_BASE={address.PORT_BASE} (make run, or make test)"
    if marked and not named and not stack.anything_answers():
        return f"no local stack answers at PORT_BASE={address.PORT_BASE} (make run, or make test)"
    return ""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a server that is not there; never when the stack was started for the tests."""
    if not stack.is_required() and (reason := missing(item)):
        pytest.skip(reason)


BROWSER_PATIENCE_MS = 20_000
PATIENCE_SECONDS = 15.0
PATIENT_TIMEOUT = (5.0, PATIENCE_SECONDS)  # seconds to connect, seconds between bytes
KEPT_TABLES = {"django_migrations", "django_content_type", "auth_permission"}  # what a migration writes; no test changes it


def delete_rows(self: TransactionTestCase) -> None:
    """Empty the tables after a test with real transactions; no trigger is asked, also not the audit record's, which refuses it elsewhere.

    Django's own flush takes half a second, most of it for making the same permissions again.
    """
    connection.close_if_unusable_or_obsolete()
    with connection.cursor() as cursor:
        tables = sorted(set(connection.introspection.table_names(cursor)) - KEPT_TABLES)
        delete = "".join(f"DELETE FROM {connection.ops.quote_name(name)};" for name in tables)
        cursor.execute(f"BEGIN; SET LOCAL session_replication_role = replica; {delete} COMMIT")


@pytest.fixture(scope="session", autouse=True)
def quick_teardown() -> None:
    """For all tests with real transactions."""
    TransactionTestCase._fixture_teardown = delete_rows  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def no_kept_pages() -> None:
    """Each test begins without public pages that were rendered in another one, with other settings."""
    page_cache.pages.clear()


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Begin with an empty cache, as with an empty database, so that no test finds what another left; a running portal's is left alone."""
    if workers.number() is not None:
        workers.empty(django_settings.CACHES["default"]["LOCATION"])


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """The demonstration's five people: lead, member, outsider, newcomer, admin."""
    return make_people()


@pytest.fixture
def signed_in(people: dict[str, User]) -> Callable[[str], Client]:
    """A test client in which one of them is signed in; the name "anonymous" gives a visitor."""

    def client(name: str, **options: Any) -> Client:
        browser = Client(**options)
        if name != "anonymous":
            browser.force_login(people[name])
            session = browser.session
            session[PROVEN_AT] = time.time()  # as if they had just come from the IAM
            session.save()
        return browser

    return client


@pytest.fixture(scope="session")
def portal_session() -> Callable[[str], requests.Session]:
    """A requests session signed in at the running portal: `portal_session("lead").get(PORTAL_URL + "/me/")`."""
    return stack.portal_session


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium, without the parts that speak to the outside."""
    found = stack.chromium()
    own = {"executable_path": found} if found and Path(found).exists() else {}
    return {**browser_type_launch_args, **own, "args": list(stack.CHROMIUM_FLAGS)}


@pytest.fixture(scope="session", autouse=True)
def patient_browser() -> None:
    """What a test expects of a page may take as long as the page takes beside other stacks; how quick it is, benchmarks tell."""
    expect.set_options(timeout=BROWSER_PATIENCE_MS)


@pytest.fixture(autouse=True)
def patient(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of the test's own process wait longer for the lake and the IAM than a reader would, unless the test looks at time.

    What they say is looked at, not how soon: the machine may be busy with another share of the tests.
    """
    if request.node.get_closest_marker("integration") is None or request.node.get_closest_marker("timed") is not None:
        return
    for reader in (LakeReader, PublicReader):
        monkeypatch.setitem(reader.__init__.__kwdefaults__, "seconds", PATIENCE_SECONDS)
    monkeypatch.setitem(readers.public_reader_for.__kwdefaults__, "seconds", PATIENCE_SECONDS)
    for module in (deadlines, readers, visitors, upload_permissions):
        monkeypatch.setattr(module, "PAGE_SECONDS", PATIENCE_SECONDS)
    monkeypatch.setattr(http, "TIMEOUT", PATIENT_TIMEOUT)
    for call in (http.request, http.stream.__wrapped__):  # type: ignore[attr-defined]
        monkeypatch.setitem(call.__kwdefaults__, "timeout", PATIENT_TIMEOUT)


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Addresses in browser tests are the portal's: `page.goto("/projects/")`."""
    return {**browser_context_args, "base_url": address.PORTAL_URL}


@pytest.fixture
def lake_options(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give the Data Lakes of services.toml other options."""
    own = services.services()

    def change(**more: Any) -> None:
        def changed(item: Service) -> Service:
            return replace(item, options={**item.options, **more}) if item.kind is ServiceKind.RUCIO else item

        monkeypatch.setattr(services, "_all", lambda: tuple(changed(item) for item in own))
        page_cache.pages.clear()  # a portal reads its services when it starts

    return change
