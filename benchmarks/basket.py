"""What adding to a basket costs, and opening one of 10,000 items beside one of a hundred and beside its bare query.

    devstack up --only postgres,redis
    python -m devstack.portal.manage -- python benchmarks/basket.py [--items 10000] [--rounds 100]

Makes a database of its own with one person, software to collect, a basket of so many items and one of a page. "Bare" is the plain query: the
first hundred items and their number. All are asked in turn through Django's handlers, in milliseconds: the median and the 95th percentile.
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

BARE = "SELECT * FROM baskets_basketitem WHERE basket_id = %s AND removal IS NULL ORDER BY position, id LIMIT 100"
BARE_COUNT = "SELECT count(*) FROM baskets_basketitem WHERE basket_id = %s AND removal IS NULL"
PAGE = 100


def fill(count: int, spare: int) -> tuple[Any, Any, Any, list[str]]:
    """A person with a full basket but for the room that the rounds need, and a small one; and things that are in neither."""
    from django.db import connection

    from catalog.software.models import Entry
    from projects.baskets import services
    from vre_portal.iam.models import User

    user = User.objects.create(issuer="https://iam.example/", subject="benchmark", name="Bench")
    rows = Entry.objects.bulk_create(
        Entry(service="ossr", concept=str(number), record=str(number), title=f"Tool {number}") for number in range(count + spare)
    )
    things = [f"software:{row.pk}" for row in rows]
    small, large = services.create("Small", by=user), services.create("Large", by=user)
    services.add(small, things[:PAGE], by=user)
    services.add(large, things[: count - spare], by=user)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE baskets_basketitem")
    return user, small, large, things[count - spare : count]


def milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def measure(user: Any, small: Any, large: Any, spare: list[str]) -> None:
    """All of it in turn, so that what else the machine does falls on all alike."""
    from django.db import connection
    from django.test import Client

    def bare() -> None:
        with connection.cursor() as cursor:
            for statement in (BARE, BARE_COUNT):
                cursor.execute(statement, [large.pk])
                cursor.fetchall()

    browser = Client()
    browser.force_login(user)
    last = f"/basket/{large.pk}/?page=99"
    calls: dict[str, Callable[[], object]] = {
        "bare query of 10,000": bare,
        "page of a small basket": lambda: browser.get(f"/basket/{small.pk}/"),
        "first page of the large": lambda: browser.get(f"/basket/{large.pk}/"),
        "its last page": lambda: browser.get(last),
        "words in it": lambda: browser.get(f"/basket/{large.pk}/?q=999"),
        "a page without a list": lambda: browser.get("/notices/following/"),
        "the button's state": lambda: browser.get("/basket/button/", {"thing": spare[0]}),
        "adding to the large": lambda: browser.post("/basket/add/", {"thing": next(things)}, headers={"HX-Request": "true"}),
    }
    times: dict[str, list[float]] = {name: [] for name in calls}
    things = iter(spare)
    for call in list(calls.values())[:-1]:
        call()
    for _ in spare:
        for name, call in calls.items():
            times[name].append(milliseconds(call))
    for name, values in times.items():
        print(f"{name:<24} median {statistics.median(values):6.2f} p95 {p95(values):6.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test.utils import setup_test_environment

    setup_test_environment()
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.POLICIES_REQUIRED = False
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/60")
    connection.settings_dict["TEST"]["NAME"] = "basket_benchmark"
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        measure(*fill(options.items, options.rounds))
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    print("load average", Path("/proc/loadavg").read_text().split()[:3])


if __name__ == "__main__":
    main()
