"""Images at their registries: names as people write them, the answers of a real HTTP server, and what a hostile one tries."""

import time
from typing import Any

import pytest
from django.core.cache import cache

from projects.workflows.preflight import images
from tests.workflows.preflight.conftest import Registry
from vre_portal.container_images import registry as asking
from vre_portal.container_images.names import ImageName, names_gpu, parsed
from vre_portal.container_images.registry import Image


@pytest.mark.parametrize(
    ("text", "host", "repository", "reference"),
    [
        ("python", "docker.io", "library/python", "latest"),
        ("python:3.12-slim", "docker.io", "library/python", "3.12-slim"),
        ("docker.io/library/python:3", "docker.io", "library/python", "3"),
        ("index.docker.io/reanahub/reana-env-root6:6.18", "docker.io", "reanahub/reana-env-root6", "6.18"),
        ("reanahub/reana-env-root6:6.18", "docker.io", "reanahub/reana-env-root6", "6.18"),
        ("docker://ghcr.io/a/b/c", "ghcr.io", "a/b/c", "latest"),
        ("localhost:5000/x:1", "localhost:5000", "x", "1"),
        (f"quay.io/a/b:1@sha256:{'0' * 64}", "quay.io", "a/b", f"sha256:{'0' * 64}"),
    ],
)
def test_a_name_is_read_as_docker_reads_it(text: str, host: str, repository: str, reference: str) -> None:
    assert parsed(text) == ImageName(host, repository, reference)


@pytest.mark.parametrize(
    "text", ["/cvmfs/unpacked.cern.ch/x:1", "", "ghcr.io/A/b:1", "a b", "x:", "a/../b:1", "http://a/b", "x" * 500, "a@sha256:1"]
)
def test_what_is_no_image_of_a_registry_is_none(text: str) -> None:
    assert parsed(text) is None


def test_names_that_say_gpu() -> None:
    assert all(map(names_gpu, ["nvidia/cuda:12.0", "tensorflow/tensorflow:2.15-gpu", "kubernetes_gpu", "x/pytorch:2-cuda12"]))
    assert not any(map(names_gpu, ["python:3", "a/barracuda", "x/gpudb"]))


def asked(known: Registry, name: str, seconds: float = 5.0) -> Image:
    found = parsed(f"{known.host}/{name}")
    assert found
    return asking.look_up(found, time.monotonic() + seconds)


def test_a_registry_is_asked_with_the_token_for_everybody_and_once(registry: Registry) -> None:
    registry.images, registry.private = {"team/a:1"}, {"team/secret"}
    assert asked(registry, "team/a:1") is Image.THERE
    assert asked(registry, "team/a:2") is Image.MISSING
    assert asked(registry, "team/secret:1") is Image.CLOSED
    assert [line.split("?")[0] for line in registry.asked[:3]] == [
        "HEAD /v2/team/a/manifests/1",
        "GET /token",
        "HEAD /v2/team/a/manifests/1",
    ]
    count = len(registry.asked)
    assert asked(registry, "team/a:1") is Image.THERE
    assert len(registry.asked) == count


@pytest.mark.parametrize("status", [429, 500, 503, 302, 400])
def test_an_error_of_the_moment_says_nothing_and_is_not_remembered(registry: Registry, status: int) -> None:
    registry.images, registry.status = {"team/a:1"}, status
    assert asked(registry, "team/a:1") is Image.UNKNOWN
    registry.status = 0
    assert asked(registry, "team/a:1") is Image.THERE


@pytest.mark.parametrize(
    "realm",
    [
        "http://127.0.0.1:1/token",
        "https://127.0.0.1/token",
        "https://[",
        "file:///etc/passwd",
        "http://example.org/t",
        "https://localhost/",
    ],
)
def test_a_registry_leads_nobody_inside(registry: Registry, realm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    registry.realm = realm
    sent: list[str] = []
    ask = asking._asked
    monkeypatch.setattr(asking, "_asked", lambda method, url, *rest: sent.append(f"{method} {url}") or ask(method, url, *rest))
    assert asked(registry, "team/a:1") in (Image.CLOSED, Image.UNKNOWN)
    assert not any(line.startswith("GET") for line in registry.asked)
    assert all(line.startswith(("HEAD", "GET https://")) for line in sent)  # and what has TLS meets the guard


@pytest.mark.parametrize("token", ["a b", "é", "x" * 20_000, "a\\u000d\\u000ab"])
def test_a_token_that_no_header_can_carry_is_none(registry: Registry, token: str) -> None:
    registry.token, registry.images = token, {"team/a:1"}
    assert asked(registry, "team/a:1") is Image.CLOSED


def test_a_registry_that_is_away_or_slow_or_not_named_is_not_checked(registry: Registry, settings: Any) -> None:
    settings.IMAGE_REGISTRIES = ["http://127.0.0.1:9", f"http://{registry.host}"]
    found = images.look_up(["127.0.0.1:9/a:1", "ghcr.io/a/b:1", "/cvmfs/x"])
    assert [item.state for item in found] == ["not checked"]
    words = " ".join(found[0].messages)
    assert "The registry did not answer in time: 127.0.0.1:9/a:1" in words
    assert "This portal does not ask ghcr.io: ghcr.io/a/b:1" in words
    assert "Not an image of a registry: /cvmfs/x" in words
    assert asked(registry, "team/a:1", seconds=0) is Image.UNKNOWN
    settings.IMAGE_REGISTRIES = []
    assert [item.state for item in images.look_up([f"{registry.host}/a:1"])] == ["not checked"]
    assert registry.asked == []


def test_a_registry_that_does_not_answer_is_left_in_peace_for_a_minute(
    registry: Registry, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.IMAGE_REGISTRIES = ["http://127.0.0.1:9", f"http://{registry.host}"]
    sent: list[str] = []
    ask = asking._asked
    monkeypatch.setattr(asking, "_asked", lambda method, url, *rest: sent.append(url) or ask(method, url, *rest))
    for name in ("a:1", "b:1"):
        images.look_up([f"127.0.0.1:9/{name}"])
    assert len(sent) == 1
    registry.images = {"team/a:1"}
    assert asked(registry, "team/a:1", seconds=0) is Image.UNKNOWN  # which says nothing of the registry
    assert asked(registry, "team/a:1") is Image.THERE
    cache.clear()  # as after the minute
    images.look_up(["127.0.0.1:9/a:1"])
    assert len([url for url in sent if ":9/" in url]) == 2


def test_images_are_grouped_by_what_is_known_and_each_is_named(registry: Registry) -> None:
    registry.images, registry.private = {"team/a:1", "team/b:1"}, {"team/secret"}
    names = [f"{registry.host}/team/{name}" for name in ("a:1", "b:1", "gone:1", "secret:1")]
    assert {item.state for item in images.known(names)} == {"not checked"}
    assert registry.asked == []
    found = {item.state: item for item in images.look_up(names)}
    assert found["ok"].messages == ("2 images exist.",)
    assert found["error"].messages == (f"Does not exist: {names[2]}.",)
    assert found["error"].remedies
    assert names[3] in found["warning"].messages[0]
    assert {item.state for item in images.known(names)} == {"ok", "error", "warning"}
    cache.clear()


def test_the_digest_that_a_tag_names_is_told_and_asked_again_soon(registry: Registry) -> None:
    registry.images = {"team/a:1", "team/b:1"}
    registry.digests = {"team/a:1": f"sha256:{'a' * 64}", "team/b:1": "sha256:short"}
    names = [f"{registry.host}/team/{name}" for name in ("a:1", "b:1", "gone:1")] + ["/cvmfs/x", f"ghcr.io/a/b@sha256:{'c' * 64}"]
    assert images.known_digests(names[:4]) == {}
    assert images.look_up_digests(names) == {names[0]: f"sha256:{'a' * 64}", names[4]: f"sha256:{'c' * 64}"}
    count = len(registry.asked)
    assert images.known_digests(names[:1]) == images.look_up_digests(names[:1]) == {names[0]: f"sha256:{'a' * 64}"}
    assert len(registry.asked) == count
    cache.delete(asking._digest_key(ImageName(registry.host, "team/a", "1")))  # as after five minutes, while that it exists is still known
    registry.digests["team/a:1"] = f"sha256:{'d' * 64}"
    assert images.look_up_digests(names[:1]) == {names[0]: f"sha256:{'d' * 64}"}


def test_only_images_of_which_both_digests_are_known_have_moved() -> None:
    before, now = {"a": "sha256:1", "b": "sha256:2", "c": "sha256:3"}, {"a": "sha256:9", "b": "sha256:2", "d": "sha256:4"}
    assert images.moved(before, now) == ["The tag now points to another image: a was sha256:1 in the run and is now sha256:9."]
