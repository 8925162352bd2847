"""Finding entries of the catalogue by a DOI."""

import pytest

from catalog.software.lookup import entries_by_doi, entry_by_number
from catalog.software.models import Entry, Version

pytestmark = pytest.mark.django_db


def test_an_entry_has_the_dois_of_all_its_versions_in_any_case() -> None:
    entry = Entry.objects.create(
        service="ossr", concept="1", record="3", title="Tool", concept_doi="10.5281/Zenodo.1", doi="10.5281/zenodo.3"
    )
    Version.objects.create(entry=entry, service="ossr", record="2", identifier="oai:2", doi="10.5281/ZENODO.2")
    dois = {"10.5281/zenodo.1", "10.5281/zenodo.2", "10.5281/zenodo.3"}
    assert entries_by_doi([*dois, "10.5281/zenodo.4"]) == dict.fromkeys(dois, entry)
    assert entry_by_number("1") == entry


def test_an_entry_that_was_withdrawn_is_not_offered() -> None:
    entry = Entry.objects.create(service="ossr", concept="1", record="3", title="Tool", doi="10.5281/zenodo.3", deleted=True)
    Version.objects.create(entry=entry, service="ossr", record="2", identifier="oai:2", doi="10.5281/zenodo.2")
    assert entries_by_doi(["10.5281/zenodo.2", "10.5281/zenodo.3"]) == {}
    assert entry_by_number("1") is None
