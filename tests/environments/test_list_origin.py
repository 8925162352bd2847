"""For which image a list of packages was entered, and what remains of a list that another one replaces."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
from django.test import Client
from django.utils import timezone

from catalog.environments import lists, storing, tasks
from catalog.environments.models import Environment, EnvironmentVersion, Package, PackageList
from catalog.environments.storing import EnvironmentValues
from tests.factories import make_environment

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]
OTHER = "ghcr.io/team/other:2.0"
NOTICE = "This list was entered for version 1, which is another image."
FORM = {"seen": "1", "name": "A", "image": "ghcr.io/team/a:1.0", "status": "offered"}


def current() -> EnvironmentVersion:
    version = Environment.objects.get().current
    assert version
    return version


def change(found: Environment, *, seen: int = 1, **facts: object) -> EnvironmentVersion:
    found = Environment.objects.get(pk=found.pk)
    values = replace(EnvironmentValues.of(found), **facts)  # type: ignore[arg-type]
    assert storing.change(by=None, environment=found, seen=seen, values=values)
    return current()


def test_a_list_of_another_image_says_so(client: Client) -> None:
    found = make_environment("numpy==2\n", slug="a")
    assert storing.version_of_list(current()) is None
    version = change(found, image=OTHER)
    entered = storing.version_of_list(version)
    assert entered
    assert entered.number == 1
    assert NOTICE in " ".join(unescape(client.get("/catalog/environments/a/").content.decode()).split())
    assert client.get("/catalog/environments/a/?format=json").json()["packages_of_other_image"] == 1
    version = change(found, seen=2, packages=lists.store("numpy==3\n"), is_list_new=True)
    assert storing.version_of_list(version) is None
    assert NOTICE not in " ".join(client.get("/catalog/environments/a/").content.decode().split())
    assert client.get("/catalog/environments/a/?format=json").json()["packages_of_other_image"] is None


def test_the_same_list_entered_again_is_one_of_the_new_image() -> None:
    found = make_environment("numpy==2\n")
    same = lists.store("numpy==2\n")
    assert storing.version_of_list(change(found, image=OTHER, packages=same, is_list_new=True)) is None
    change(found, seen=2, image="ghcr.io/team/third:3")
    version = change(found, seen=3, packages=same, is_list_new=True)
    assert (version.changes, storing.version_of_list(version)) == (["packages"], None)
    again = replace(EnvironmentValues.of(Environment.objects.get()), is_list_new=True)
    assert not storing.change(by=None, environment=found, seen=4, values=again)


def test_a_digest_tells_images_apart_whatever_their_names() -> None:
    found = make_environment("numpy==2\n")
    EnvironmentVersion.objects.update(digest=f"sha256:{'1' * 64}", registry_state="told")
    storing.tag_moved(current(), digest=f"sha256:{'2' * 64}", registry_state="told")
    entered = storing.version_of_list(current())
    assert entered
    assert entered.number == 1
    version = change(found, seen=2, image=OTHER)
    version.digest = f"sha256:{'1' * 64}"
    assert storing.version_of_list(version) is None


def test_unknown_packages_are_not_the_same(client: Client) -> None:
    found = make_environment(slug="a")
    change(found, image=OTHER)

    def page(query: str) -> str:
        return " ".join(unescape(client.get(f"/catalog/environments/a/versions/?{query}").content.decode()).split())

    assert "The packages of both versions are not known." in page("to=2")
    change(found, seen=2, packages=lists.store("numpy==2\n"))
    assert "The packages of version 2 are not known." in page("to=3&from=2")
    assert "The packages of version 1 are not known." in page("to=1&from=3")
    assert "added" not in page("to=3&from=2")


def upload(client: Client, address: str, text: str, **facts: str) -> int:
    file = BytesIO(text.encode())
    file.name = "list.txt"
    return client.post(address, FORM | facts | {"packages_file": file}).status_code


def test_what_was_read_from_the_old_list_goes_with_it(signed_in: SignIn) -> None:
    found = make_environment("dependencies:\n- python=3.11.4\n- r-base=4.4\n", slug="a")
    edit = f"{found.get_absolute_url()}edit/"
    admin = signed_in("admin")
    shown = {"python": "3.11.4", "languages": "Python, R"}
    assert upload(admin, edit, "dependencies:\n- python=3.12.1\n- julia=1\n", **shown) == 302
    assert (current().python, current().languages) == ("3.12.1", ["Julia", "Python"])
    assert upload(admin, edit, "dependencies:\n- python=3.13.0\n", seen="2", python="3.9", languages="C") == 302
    assert (current().python, current().languages) == ("3.9", ["C"])


def test_markers_are_read_with_the_python_that_is_entered(signed_in: SignIn) -> None:
    text = "numpy==1.26 ; python_version < '3.12'\nnumpy==2.1 ; python_version >= '3.12'\n"
    assert upload(signed_in("admin"), "/catalog/environments/new/", text, seen="0", python="3.12") == 302
    assert Package.objects.get().version == "2.1"


def test_a_form_that_is_refused_stores_no_packages(signed_in: SignIn) -> None:
    assert upload(signed_in("admin"), "/catalog/environments/new/", "numpy==2\n", seen="0", name="") == 400
    assert not PackageList.objects.exists()
    assert upload(signed_in("admin"), "/catalog/environments/new/", "{", seen="0") == 400


def test_lists_that_nothing_has_are_deleted_after_a_day() -> None:
    make_environment("numpy==2\n", slug="a")
    lists.store("fresh==1\n")
    unused = lists.store("unused==1\n")
    PackageList.objects.exclude(packages__key="fresh").update(created_at=timezone.now() - timedelta(days=2))
    tasks.collect()
    assert not PackageList.objects.filter(pk=unused.pk).exists()
    assert Package.objects.filter(list__sha256=lists.store("fresh==1\n").sha256, key="fresh").exists()
    assert not Package.objects.filter(key="unused").exists()
    assert Environment.objects.get(slug="a").current.packages  # type: ignore[union-attr]
