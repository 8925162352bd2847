"""The description of the API is a whole OpenAPI document of exactly the addresses that there are."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from tests.api.callers import code_of

METHODS = {"get", "post", "put", "patch", "delete"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def document() -> dict[str, Any]:
    reply = Client().get("/api/openapi.json")
    assert reply.status_code == 200
    found: dict[str, Any] = reply.json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS
            yield path, method, operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (item for key, item in value.items() if key == "$ref")
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_it_is_of_a_known_version_and_names_the_portal(document: dict[str, Any], settings: Any) -> None:
    assert re.fullmatch(r"3\.[01]\.\d+", document["openapi"])
    assert document["info"]["title"]
    assert document["info"]["version"]
    assert document["servers"] == [{"url": settings.PORTAL_URL}]


def test_it_has_every_address_and_no_other(document: dict[str, Any]) -> None:
    resolver = next(item for item in get_resolver().url_patterns if str(item.pattern) == "api/")
    patterns = [
        f"/api/{item.pattern}"
        for item in resolver.url_patterns
        if isinstance(item, URLPattern) and item.name not in ("openapi-json", "unknown")
    ]
    plain = {re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", pattern) for pattern in patterns}
    assert set(document["paths"]) == plain


def test_parameters_references_and_names_are_whole(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _path, _method, operation in operations(document)]
    assert len(names) == len(set(names))
    for reference in references(document):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
        assert place
    for path, method, operation in operations(document):
        in_path = {item["name"] for item in operation.get("parameters", []) if item["in"] == "path"}
        assert in_path == set(re.findall(r"{([^}]+)}", path)), (path, method)
        assert all(item["required"] for item in operation.get("parameters", []) if item["in"] == "path")
        assert all(answer.get("description") for answer in operation["responses"].values())


def test_all_but_the_root_need_a_token_and_say_how_they_refuse(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    for path, method, operation in operations(document):
        if path == "/api/":
            assert not operation.get("security")
            continue
        assert all(schemes[name]["type"] == "http" for item in operation["security"] for name in item), (path, method)
        assert {"401", "403", "404", "429", "503"} <= operation["responses"].keys(), (path, method)


def test_what_a_file_s_address_reads_and_answers_is_described(document: dict[str, Any]) -> None:
    operation = document["paths"]["/api/data/{lake}/{scope}/{name}"]["get"]
    told = {(item["in"], item["name"]) for item in operation["parameters"]}
    assert {("query", name) for name in ("name", "direct", "near")} <= told
    assert {("header", name) for name in ("Range", "If-Range", "If-None-Match")} <= told
    assert {"200", "206", "304", "307", "400", "405", "416"} <= operation["responses"].keys()
    listed = document["paths"]["/api/data/{lake}/{scope}/{name}/files/"]["get"]
    assert {"name", "after"} <= {item["name"] for item in listed["parameters"] if item["in"] == "query"}
    assert "413" in listed["responses"]
    for address in ("/api/basket/", "/api/basket/{pk}/"):
        limits = [item["schema"] for item in document["paths"][address]["get"]["parameters"] if item["name"] == "limit"]
        assert [(item["minimum"], item["maximum"]) for item in limits] == [(1, 1000)]


def test_the_root_tells_programs_how_to_sign_in(settings: Any) -> None:
    found = Client().get("/api/").json()
    assert set(found) == {"name", "version", "login", "openapi"}
    assert set(found["login"]) == {"issuer", "device_client_id", "audience", "scopes"}
    assert found["login"]["audience"] == settings.API_AUDIENCE
    assert "secret" not in json.dumps(found)


def test_other_addresses_and_methods_are_refused_in_json() -> None:
    assert code_of(Client().get("/api/nothing/here/")) == (404, "not_found")
    assert code_of(Client().post("/api/")) == (405, "method_not_allowed")
    assert code_of(Client().delete("/api/openapi.json")) == (405, "method_not_allowed")
