"""robots.txt as a program reads it that is older than its wildcards."""

from urllib.robotparser import RobotFileParser

import pytest
from django.test import Client


@pytest.fixture
def rules(client: Client, db: None) -> RobotFileParser:
    """The rules in the reading of Python's own parser, which knows no "*" in paths; wget's does not either."""
    found = RobotFileParser()
    found.parse(client.get("/robots.txt").content.decode().splitlines())
    return found


@pytest.mark.parametrize("kind", ["download", "direct", "preview", "zip", "metalink"])
def test_the_bytes_of_each_lake_are_left(rules: RobotFileParser, kind: str) -> None:
    assert not rules.can_fetch("Wget/1.21", f"/datalake/escape/{kind}/KM3NET_ECAP_SP/aeff.fits")


@pytest.mark.parametrize("path", ["/", "/projects/", "/datalake/escape/", "/datalake/escape/did/KM3NET_ECAP_SP/aeff.fits"])
def test_pages_that_describe_are_for_everybody(rules: RobotFileParser, path: str) -> None:
    assert rules.can_fetch("Wget/1.21", path)


@pytest.mark.parametrize("path", ["/search/?q=gammapy", "/search/?type=dataset&page=7"])
def test_answers_of_the_search_are_not_collected(rules: RobotFileParser, path: str) -> None:
    assert not rules.can_fetch("Googlebot", path)
