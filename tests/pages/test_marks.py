"""Versions under many writers at once: nobody waits, nothing is lost, and no version comes twice."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from django.db import connection, transaction
from django.test import Client

from projects.models import Project
from tests.factories import make_public
from vre_portal.pages import versions
from vre_portal.pages.models import Mark

pytestmark = pytest.mark.django_db(transaction=True)


def version() -> bytes | None:
    now = versions.read()
    assert now is not None
    return now.get(b"projects")


def test_a_change_counts_from_its_commit_on_and_never_where_it_is_taken_back() -> None:
    project = make_public(title="Old title")
    before = version()
    begun, finish = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            Project.objects.filter(pk=project.pk).update(title="New title")
            begun.set()
            finish.wait(20)
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    assert begun.wait(20)
    assert version() == before
    assert b"Old title" in Client().get("/projects/").content  # kept while the other is not finished
    finish.set()
    writer.join(20)
    assert version() != before
    assert b"New title" in Client().get("/projects/").content
    now = version()
    with transaction.atomic():
        Project.objects.update(title="Taken back")
        transaction.set_rollback(True)
    assert version() == now


def test_writers_do_not_wait_for_each_other() -> None:
    """Two long transactions change two projects each, in opposite order of topics' rows: with one counter they would wait, or be refused."""
    one, two = make_public(), make_public()
    meet = threading.Barrier(2)

    def write(mine: int) -> float:
        try:
            with transaction.atomic():
                began = time.monotonic()
                Project.objects.filter(pk=mine).update(title="A")
                meet.wait(20)  # both hold their rows now
                Project.objects.filter(pk=mine).update(title="B")
                taken = time.monotonic() - began
                meet.wait(20)
            return taken
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, (one.pk, two.pk)))  # a barrier that breaks raises here


def test_each_of_many_changes_makes_a_version_that_was_never_there() -> None:
    projects = [make_public().pk for _ in range(4)]
    seen: list[bytes | None] = []

    def write(mine: int) -> None:
        try:
            for number in range(15):
                Project.objects.filter(pk=mine).update(title=f"T{number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(write, pk) for pk in projects]
        while not all(future.done() for future in futures):
            seen.append(version())
        for future in futures:
            future.result()
    for number in range(20):
        Project.objects.filter(pk=projects[0]).update(title=f"S{number}")
        seen.append(version())
    changed = [now for earlier, now in pairwise(seen) if now != earlier]
    assert len(changed) == len(set(changed))
    assert seen[-1] == version()
    assert Mark.objects.filter(topic="projects").count() <= 5  # folded together, however many changes


def test_a_statement_over_many_rows_makes_one_mark() -> None:
    for _ in range(5):
        make_public()
    Mark.objects.all().delete()
    Project.objects.update(title="All")
    assert Mark.objects.filter(topic="projects").count() == 1
    before = version()
    Project.objects.all().update(title="All again")
    assert version() != before
