"""What an inbox of 10,000 notices costs beside its bare query, and what the bell of an open page costs.

    devstack up --only postgres,redis
    python -m devstack.portal.manage -- python benchmarks/notices.py [--notices 10000] [--rounds 100]

Makes a database of its own with one person whose notices have several audiences, of which some do not hold. "Bare" is the plain query: the
first fifty notices of the person with their events, and the number of unread ones, in the audiences that hold. Beside it stands what the inbox asks: which
audiences there are, which of them hold, the page and the number. Both in turn, in milliseconds: the median and the 95th percentile, and their
ratio. Then the whole page through Django's handlers, and the bell: unchanged, and counted anew.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

BARE = """
SELECT n.*, e.* FROM notices_notice n JOIN notices_event e ON e.id = n.event_id
WHERE n.user_id = %s AND n.audience_id = ANY(%s) AND n.deleted_at IS NULL ORDER BY n.id DESC LIMIT 51
"""
BARE_COUNT = "SELECT count(*) FROM notices_notice WHERE user_id = %s AND audience_id = ANY(%s) AND read_at IS NULL AND deleted_at IS NULL"
PROJECTS, HIDDEN = 20, 5


def fill(count: int) -> Any:
    """A person with so many notices of projects, of which they have left some; half of the notices are read."""
    from django.db import connection
    from django.utils import timezone

    from projects.models import Membership, Project, Role
    from vre_portal.iam.models import User
    from vre_portal.notices.models import Event, EventAudience, Notice
    from vre_portal.search import audiences

    user = User.objects.create(issuer="https://iam.example/", subject="benchmark", name="Bench", groups=["escape"])
    projects = [Project.objects.create(slug=f"bench-{number}", title=f"Project {number}") for number in range(PROJECTS)]
    Membership.objects.bulk_create(Membership(project=project, user=user, role=Role.MEMBER) for project in projects[HIDDEN:])
    rows = [
        EventAudience.of(audiences.rule(audiences.condition(name, project.pk))) for project in projects for name in ("project", "members")
    ]
    events = Event.objects.bulk_create(
        Event(kind="projects.joined", key=str(n), title=f"Person {n} joined", url="/", group=f"g{n % 9}", audience=rows[n % len(rows)])
        for n in range(count)
    )
    moments = (None, timezone.now())
    Notice.objects.bulk_create(
        Notice(event=event, user=user, audience_id=event.audience_id, delivery="inbox", read_at=moments[number % 2])
        for number, event in enumerate(events)
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE notices_notice")
        cursor.execute("VACUUM ANALYZE notices_event")
    return user


def milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def told(values: list[float]) -> str:
    return f"median {statistics.median(values):6.2f} p95 {p95(values):6.2f} ms"


def measure(user: Any, rounds: int) -> None:
    """All of it in turn, so that what else the machine does falls on all alike."""
    from django.db import connection
    from django.test import Client

    from vre_portal.notices import bell
    from vre_portal.notices.visibility import VisibleNotices

    def bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute(BARE, [user.pk, numbers])
            cursor.fetchall()
            cursor.execute(BARE_COUNT, [user.pk, numbers])
            cursor.fetchall()

    def ours() -> None:
        visible = VisibleNotices.of(user)
        list(visible.all().select_related("event")[:51])

    def quick() -> None:
        assert browser.get("/notices/unread/", headers={"If-None-Match": tag}).status_code == 304

    def changed() -> None:
        bell.changed([user.pk])
        assert browser.get("/notices/unread/", headers={"If-None-Match": tag}).status_code == 200

    numbers = list(VisibleNotices.of(user).audiences)
    browser = Client()
    browser.force_login(user)
    browser.get("/notices/")
    calls: dict[str, Callable[[], object]] = {
        "bare query": bare,
        "what the inbox asks": ours,
        "the inbox page": lambda: browser.get("/notices/"),
        "a page without a list": lambda: browser.get("/notices/following/"),
        "bell, unchanged": quick,
        "bell, its version alone": lambda: bell.is_current(tag.strip('"')),
        "bell, after a change": changed,
        "bell, counted anew": lambda: bell.fresh(user),
    }
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        tag = browser.get("/notices/unread/")["ETag"]
        for name, call in calls.items():
            times[name].append(milliseconds(call))
    for name, values in times.items():
        print(f"{name:<24} {told(values)}")
    print(f"ratio of p95, asked / bare: {p95(times['what the inbox asks']) / p95(times['bare query']):.2f}")
    medians = [statistics.median(times[name]) for name in ("what the inbox asks", "bare query")]
    print(f"ratio of medians: {medians[0] / medians[1]:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notices", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test.utils import setup_test_environment

    setup_test_environment()
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.POLICIES_REQUIRED = False
    connection.settings_dict["TEST"]["NAME"] = "notices_benchmark"
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        measure(fill(options.notices), options.rounds)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    print("load average", Path("/proc/loadavg").read_text().split()[:3])


if __name__ == "__main__":
    main()
