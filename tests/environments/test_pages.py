"""The list, the page of one environment, its history."""

from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.test import Client

from catalog.environments import lists, storing
from catalog.environments.models import Environment, EnvironmentTest
from catalog.environments.storing import EnvironmentValues
from tests.factories import make_environment
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
LIST = "/catalog/environments/"


def fetch(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, address
    return unescape(response.content.decode())


def ids(client: Client, query: str) -> list[str]:
    response = client.get(f"{LIST}?format=json&{query}")
    return [item["id"] for item in response.json()["items"]]


@pytest.fixture
def three(db: None) -> None:
    make_environment("gammapy==1.3\nnumpy==2.1\n", slug="newest", name="New", imports=["gammapy"], has_gpu=True, for_notebooks=True)
    make_environment("gammapy==1.1\nnumpy==1.26\n", slug="older", name="Older", imports=["gammapy"], has_cvmfs=False)
    make_environment(slug="gone", name="Gone", status="withdrawn", status_words="Use New.", for_workflows=False, languages=["R"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["newest", "older", "gone"]), ("package=gammapy", ["newest", "older"]), ("package=gammapy%3E%3D1.2", ["newest"]), ("package=gammapy%3C1.2", ["older"]),
        ("package=Gammapy+%E2%89%A5+1.2", ["newest"]), ("package=scipy", []), ("package=%3E%3E", []), ("q=gammapy", ["newest", "older"]), ("q=image", ["newest", "older", "gone"]),
        ("use=notebooks", ["newest"]), ("use=workflows", ["newest", "older"]), ("gpu=yes", ["newest"]), ("cvmfs=no", ["older"]), ("status=withdrawn", ["gone"]),
        ("language=R", ["gone"]), ("contains=gammapy", ["newest", "older"]), ("contains=gammapy&gpu=yes", ["newest"]), ("gpu=perhaps", []),
    ],
)  # fmt: skip
def test_environments_are_found_by_what_they_have(client: Client, three: None, query: str, found: list[str]) -> None:
    assert ids(client, query) == found
    fetch(client, f"{LIST}?{query}")


def test_the_list_says_which_version_each_has(client: Client, three: None) -> None:
    page = fetch(client, f"{LIST}?package=gammapy>=1.2")
    assert "1 environment" in page
    assert "1.3" in page
    assert "is not a package with a version" in fetch(client, f"{LIST}?package=>>")
    assert "No matching environment" in fetch(client, f"{LIST}?package=scipy")


def test_an_empty_catalogue_says_how_it_fills(client: Client) -> None:
    assert "No environments yet" in fetch(client, LIST)


def test_a_withdrawn_one_is_shown_with_its_words(client: Client, three: None) -> None:
    page = fetch(client, f"{LIST}gone/")
    assert "This environment was withdrawn." in page
    assert "Use New." in page
    assert "What is in this image has not been entered." in page


def test_packages_are_filtered_and_what_was_not_read_is_said(client: Client) -> None:
    make_environment("numpy==2\nscipy==1\n<b>bad</b>\n", slug="a")
    page = fetch(client, f"{LIST}a/?filter=NUM")
    assert ">numpy<" in page.replace("<bdi>", "").replace("</bdi>", "").replace("\n", "")
    assert ">scipy<" not in page.replace("<bdi>", "")
    assert "1 entry could not be read, or has no certain version" in page
    assert "<b>bad</b>" not in client.get(f"{LIST}a/").content.decode()
    assert "No package has this in its name." in fetch(client, f"{LIST}a/?filter=zzz")
    body = client.get(f"{LIST}a/?format=json").json()
    assert [item["name"] for item in body["package_list"]] == ["numpy", "scipy"]


def test_many_packages_come_in_pages_that_keep_the_filter(client: Client) -> None:
    make_environment("".join(f"pack-{number:03}==1\n" for number in range(150)), slug="a")
    page = fetch(client, f"{LIST}a/?filter=pack")
    assert "Page 1 of 2" in page
    assert "filter=pack&page=2" in page
    assert "pack-149" in fetch(client, f"{LIST}a/?filter=pack&page=2")


def test_the_history_tells_how_packages_differ(client: Client, people: dict[str, User]) -> None:
    found = make_environment("numpy==2\nscipy==1\n", slug="a")
    values = EnvironmentValues(
        **{**EnvironmentValues.of(found).__dict__, "packages": lists.store("numpy==2.1\nastropy==6\n"), "note": "Why not"}
    )
    storing.change(by=people["admin"], environment=found, seen=1, values=values)
    page = fetch(client, f"{LIST}a/versions/?to=2")
    assert all(word in page for word in ("upgraded", "removed", "added", "astropy", "Why not", "Version 2 compared with version 1"))
    assert "The packages are the same." in fetch(client, f"{LIST}a/versions/?to=2&from=2")
    assert "Version 1 is the first one" in fetch(client, f"{LIST}a/versions/?to=1")
    for odd in ("9", "x", "-1", "1" * 30):
        fetch(client, f"{LIST}a/versions/?to={odd}", 404)


def test_a_public_page_shows_the_result_of_a_test_at_once(client: Client, people: dict[str, User]) -> None:
    found = make_environment(slug="a", imports=["numpy"])
    assert "Not tested yet." in fetch(client, f"{LIST}a/")
    results = [{"module": "numpy", "version": "2", "error": ""}]
    assert found.current
    facts = {"version": found.current, "image": found.current.image, "imports": ["numpy"], "starter": "y", "by": people["admin"]}
    test = EnvironmentTest.objects.create(environment=found, **facts)
    assert "running" in fetch(client, f"{LIST}a/")
    test.write(state="passed", results=results, finished_at=test.created_at)
    page = fetch(client, f"{LIST}a/")
    assert "Last passed" in page
    assert "the current one has" not in page
    said = client.get(f"{LIST}a/?format=json").json()["last_passed_test"]["results"]
    assert said == [{"module": "numpy", "version": "2", "passed": True}]
    values = EnvironmentValues(**{**EnvironmentValues.of(found).__dict__, "summary": "Only a word"})
    storing.change(by=people["admin"], environment=found, seen=1, values=values)
    assert "the current one has" not in fetch(client, f"{LIST}a/")
    assert "Changed: summary." in fetch(client, f"{LIST}a/versions/")
    assert "No test of this version has passed" not in fetch(client, LIST)
    storing.change(by=people["admin"], environment=found, seen=2, values=replace(values, image="a/b:2"))
    assert "No test of this version has passed" in fetch(client, LIST)
    assert "the current one has another image or promises more" in fetch(client, f"{LIST}a/")


SignIn = Callable[[str], Client]
FORM = {
    "seen": "0",
    "name": "Analysis",
    "image": "ghcr.io/a/b:1",
    "status": "offered",
    "for_workflows": "on",
    "imports": "numpy, scipy.stats",
}


def test_administrators_add_and_owners_edit(signed_in: SignIn, people: dict[str, User]) -> None:
    for name in ("lead", "outsider"):
        assert signed_in(name).post(f"{LIST}new/", FORM).status_code == 404
    assert signed_in("admin").post(f"{LIST}new/", FORM | {"owner": "lead"}).status_code == 302
    found = Environment.objects.get()
    assert found.current
    assert (found.owner, found.current.imports) == (people["lead"], ["numpy", "scipy.stats"])
    edit = f"{found.get_absolute_url()}edit/"
    assert signed_in("outsider").get(edit).status_code == 404
    assert signed_in("outsider").post(edit, FORM).status_code == 404
    lead = signed_in("lead")
    assert "Edit environment" in lead.get(found.get_absolute_url()).content.decode()
    assert lead.post(edit, FORM | {"seen": "1", "summary": "Mine", "owner": "outsider"}).status_code == 302
    found.refresh_from_db()
    assert (found.summary, found.owner) == ("Mine", people["lead"])  # only administrators give it away
    assert lead.post(edit, FORM | {"seen": "1", "summary": "Late"}).status_code == 409
    assert "somebody changed this environment" in lead.post(edit, FORM | {"seen": "1", "summary": "Late"}).content.decode()


def test_no_name_takes_the_address_of_another_page(signed_in: SignIn) -> None:
    admin = signed_in("admin")
    admin.post(f"{LIST}new/", FORM | {"name": "New"})
    found = Environment.objects.get()
    assert found.slug == "new-2"
    assert "New" in fetch(admin, found.get_absolute_url())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "a\u202eb"), ("image", "Not An Image"), ("image", "a" * 500), ("image", "http://x/y"), ("imports", "os; rm -rf /"),
        ("imports", "$(id)"), ("imports", ",".join(f"m{number}" for number in range(31))), ("languages", "x" * 60), ("status", "x"), ("owner", "nobody-such"), ("seen", "x"),
    ],
)  # fmt: skip
def test_odd_values_are_refused(signed_in: SignIn, field: str, value: str) -> None:
    assert signed_in("admin").post(f"{LIST}new/", FORM | {field: value}).status_code == 400
    assert not Environment.objects.exists()


def test_a_lock_is_uploaded_kept_and_removed(signed_in: SignIn, tmp_path: Any) -> None:
    admin = signed_in("admin")
    (tmp_path / "bad.bin").write_bytes(b"\xff\xfe\x00")
    with (tmp_path / "bad.bin").open("rb") as file:
        assert "not a text file" in admin.post(f"{LIST}new/", FORM | {"packages_file": file}).content.decode()
    (tmp_path / "lock.txt").write_text("numpy==2\n")
    with (tmp_path / "lock.txt").open("rb") as file:
        admin.post(f"{LIST}new/", FORM | {"packages_file": file})
    found = Environment.objects.get()
    edit = f"{found.get_absolute_url()}edit/"
    admin.post(edit, FORM | {"seen": "1", "summary": "x"})
    found.refresh_from_db()
    assert found.current
    assert found.current.packages
    admin.post(edit, FORM | {"seen": "2", "remove_packages": "on"})
    assert Environment.objects.get().current.packages is None  # type: ignore[union-attr]
