"""What Zenodo really sent is read as it is meant."""

import os
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest

from catalog.software import clean, datacite, zenodo
from vre_portal.http import RemoteRefused
from vre_portal.services import Service, ServiceKind

ZENODO = Service(ServiceKind.ZENODO, "zenodo", "Zenodo", "https://zenodo.org")


def recorded(name: str) -> Element:
    folder = os.environ.get("VRE_RECORDED")  # noqa: TID251 -- tests have no settings of their own
    if not folder:
        pytest.skip("VRE_RECORDED names no folder with recorded replies")
    return zenodo.parsed(ZENODO, (Path(folder) / "recorded" / "oai" / name).read_bytes())


def test_a_recorded_record_is_read_whole() -> None:
    (found,) = zenodo.read(ZENODO, recorded("zenodo_get_record_1.xml"), "").records
    assert (found.number, found.concept, found.concept_doi) == ("10357859", "596581", "10.5281/zenodo.596581")
    assert (found.title, found.version, found.published) == ("Research Data Management Organiser (RDMO)", "2.1.0", "2023-12-11")
    assert (found.doi, found.licence, found.resource_type) == ("10.5281/zenodo.10357859", "apache-2.0", "software")
    assert found.repository == "https://github.com/rdmorganiser/rdmo/tree/2.1.0"
    assert found.address == "https://zenodo.org/records/10357859"
    assert found.creators[0] == datacite.Creator("Klar, Jochen", "0000-0002-5883-4273")
    assert len(found.creators) == 9


def test_a_recorded_page_of_records_is_read_with_its_token() -> None:
    page = zenodo.read(ZENODO, recorded("zenodo_list_records_4.xml"), "")
    assert page.token
    assert page.records
    for found in page.records:
        assert found.title
        assert found.concept.isdigit()
        assert "<script" not in clean.description(found.description)


def test_a_page_of_another_set_is_empty_for_us() -> None:
    assert zenodo.read(ZENODO, recorded("zenodo_list_records_4.xml"), "user-escape2020").records == ()


@pytest.mark.parametrize("name", ["zenodo_list_records_2.xml", "zenodo_list_records_6.xml"])
def test_nothing_to_tell_is_an_empty_page(name: str) -> None:
    page = zenodo.read(ZENODO, recorded(name), "")
    assert (page.records, page.token) == ((), "")


@pytest.mark.parametrize(
    ("name", "code"), [("zenodo_list_records_10.xml", "badResumptionToken"), ("zenodo_list_records_3.xml", "badArgument")]
)
def test_other_errors_are_refusals_with_their_code(name: str, code: str) -> None:
    with pytest.raises(RemoteRefused) as refusal:
        zenodo.read(ZENODO, recorded(name), "")
    assert refusal.value.code == code
