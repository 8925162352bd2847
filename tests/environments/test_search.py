"""Environments are found by the search at the top."""

import pytest

from catalog.environments.models import EnvironmentVersion
from tests.factories import make_environment
from tests.search_index import index_all
from vre_portal.search.models import SearchDocument

pytestmark = pytest.mark.django_db
DIGEST = f"sha256:{'a' * 64}"


def test_a_digest_that_the_registry_tells_later_is_found() -> None:
    make_environment(image="ghcr.io/a/b:1")
    index_all()
    EnvironmentVersion.objects.update(digest=DIGEST)
    index_all()
    assert f"ghcr.io/a/b:1@{DIGEST}" in str(SearchDocument.objects.filter(kind="environment").values().get())
