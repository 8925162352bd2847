"""Naming conventions: what follows them, what is said of the rest, and suggestions that follow them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalake.naming import Named, check_metadata, check_name, fault, name_help
from datalake.naming.checks import conventions_are_sound
from datalake.naming.conventions import BadConvention, conventions_of
from vre_portal import services
from vre_portal.services import Service, ServiceKind

SCOPE = {
    "of": "scope",
    "separator": "_",
    "parts": [
        {"name": "Experiment", "values": ["KM3NET", "MAGIC", "CTAO"]},
        {"name": "Institute", "pattern": "[A-Z0-9]{2,}"},
        {"name": "Project", "pattern": "[A-Z0-9]{2,}"},
    ],
    "example": "KM3NET_ECAP_SP",
}
DATASET = {
    "of": ["dataset"],
    "scope": "*_SP",
    "separator": ".",
    "parts": [
        {"name": "Type", "values": ["DM", "EU"]},
        {"name": "Description", "pattern": "[A-Za-z0-9][A-Za-z0-9_-]*"},
        {"name": "DataType", "pattern": "[A-Za-z0-9]{2,20}"},
    ],
    "required": False,
}
RULES = [
    {"key": "telescope", "values": ["ARCA", "ORCA"]},
    {"key": "run", "type": "number", "required": True},
    {"key": "day", "type": "date"},
]


def lake(**options: Any) -> Service:
    return Service(ServiceKind.RUCIO, "l", "L", "http://l", options={"naming": [SCOPE, DATASET], "metadata_rules": RULES} | options)


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("km3net ecap sp", "KM3NET_ECAP_SP"),
        ("KM3Net-ECAP-SP", "KM3NET_ECAP_SP"),
        ("Km3net_Ecap_sp", "KM3NET_ECAP_SP"),
        ("KM3NETT_ECAP_SP", "KM3NET_ECAP_SP"),
        ("magic_ifae", ""),
        ("xyz_ifae_sp", ""),
        ("CTAO_Ürsprung_x1", "CTAO_URSPRUNG_X1"),
        ("", ""),
        ("_" * 250, ""),
    ],
)
def test_a_scope_is_put_right_where_it_says_what_is_meant(name: str, suggestion: str) -> None:
    check = check_name(lake(), Named.SCOPE, name, name)
    assert not check.is_fine
    assert check.suggestion == suggestion


def test_what_follows_its_convention_is_fine() -> None:
    assert check_name(lake(), Named.SCOPE, "KM3NET_ECAP_SP", "KM3NET_ECAP_SP").is_fine
    assert check_name(lake(), Named.DATASET, "KM3NET_ECAP_SP", "DM.Events-2026.csv").is_fine
    assert check_name(lake(), Named.DATASET, "user.lead", "anything").is_fine
    assert check_name(lake(), Named.FILE, "KM3NET_ECAP_SP", "anything").is_fine


@pytest.mark.parametrize(
    ("name", "words", "suggestion"),
    [
        ("DM.Events", "needs 3 parts: Type.Description.DataType", ""),
        ("XX.Events.csv", "“XX” is not a known Type. Known: DM, EU.", ""),
        ("DM..csv", "Description is empty", ""),
        ("dm.Events.csv", "“dm” is not a known Type", "DM.Events.csv"),
        ("EU.Crab.nebula.csv", "needs 3 parts", "EU.Crab.nebula-csv"),
    ],
)
def test_each_part_that_is_wrong_is_named(name: str, words: str, suggestion: str) -> None:
    check = check_name(lake(), Named.DATASET, "KM3NET_ECAP_SP", name)
    assert words in check.text
    assert not check.is_required
    if suggestion:
        assert check.suggestion


@given(st.text(max_size=80))
def test_a_suggestion_follows_the_convention_and_stays(text: str) -> None:
    for of, scope in ((Named.SCOPE, text), (Named.DATASET, "A_SP")):
        check = check_name(lake(), of, scope, text)
        if check.suggestion:
            assert check_name(lake(), of, check.suggestion if of is Named.SCOPE else scope, check.suggestion).is_fine
            assert check.suggestion != text


def test_advice_is_no_fault() -> None:
    assert fault(lake(), "KM3NET_ECAP_SP", "whatever") == ""
    assert "needs 3 parts" in fault(lake(), "wrong", "wrong", Named.SCOPE)
    assert "can contain letters" in fault(lake(), "KM3NET_ECAP_SP", "with space")


@pytest.mark.parametrize(
    ("key", "value", "is_fine", "suggestion"),
    [
        ("telescope", "ARCA", True, ""),
        ("telescope", "arca", False, "ARCA"),
        ("telescope", "Hubble", False, ""),
        ("run", 5, True, ""),
        ("run", "5", False, ""),
        ("run", True, False, ""),
        ("day", "2026-11-28", True, ""),
        ("day", "tomorrow", False, ""),
        ("other", None, True, ""),
    ],
)
def test_values_of_metadata_follow_their_rule(key: str, value: Any, is_fine: bool, suggestion: str) -> None:
    check = check_metadata(lake(), "KM3NET_ECAP_SP", key, value)
    assert (check.is_fine, check.suggestion) == (is_fine, suggestion)
    assert check.is_required == (key == "run" and not is_fine)


def test_the_help_of_a_form_says_how_names_are_made_up() -> None:
    assert "Experiment_Institute_Project" in name_help(lake(), "X_Y_Z", Named.SCOPE)
    assert "KM3NET_ECAP_SP" in name_help(lake(), "X_Y_Z", Named.SCOPE)


@pytest.mark.parametrize(
    "entry",
    [
        "text",
        {"of": "planet"},
        {"parts": [{"name": "A"}], "pattern": "x"},
        {"parts": [{"name": "A"}]},
        {"parts": [{"pattern": "x"}], "separator": "_"},
        {"pattern": "("},
        {"pattrn": "x"},
        {"parts": [{"name": "A", "values": "DM"}], "separator": "_"},
        {"parts": [{"name": "A", "pattern": "(?i)abc"}, {"name": "B"}], "separator": "_"},
        {"pattern": "(?i)abc"},
        {"pattern": "abc", "required": "false"},
        {"parts": [{"name": "A"}], "separator": "_", "leading_separator": "yes"},
    ],
)
def test_a_convention_that_cannot_be_read_is_said_before_the_start(entry: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = lake(naming=[SCOPE, entry])
    with pytest.raises(BadConvention):
        list(conventions_of(odd))
    monkeypatch.setattr(services, "_all", lambda: (odd,))
    assert "entry 2 of naming" in str(conventions_are_sound()[0].msg)


def test_a_list_of_conventions_that_is_none_is_said_before_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_all", lambda: (lake(naming=5),))
    assert "naming has to be a list" in str(conventions_are_sound()[0].msg)


def test_the_conventions_of_the_demonstration_are_sound() -> None:
    assert conventions_are_sound() == []


NOMENCLATURE = {
    "of": ["dataset"],
    "separator": ".",
    "parts": [
        {"name": "Project", "pattern": "[a-z0-9]+_[0-9]+TeV"},
        {"name": "Number", "pattern": "[0-9]+"},
        {"name": "Physics", "pattern": "[A-Za-z0-9_]+"},
        {"name": "Step", "values": ["deriv", "recon"]},
        {"name": "Format", "pattern": "[A-Z_]+"},
        {"name": "Tags", "pattern": "[a-z0-9_]+"},
    ],
}


def test_only_the_part_that_is_wrong_is_changed() -> None:
    """A dataset of ATLAS with one wrong letter: what is right, tags and underscores too, stays."""
    name = "mc20_13TeV.410470.PhPy8EG_A14_ttbar_hdamp258p75_nonallhad.{}.DAOD_PHYS.e6337_s3681_r13145_p5980"
    check = check_name(lake(naming=[NOMENCLATURE]), Named.DATASET, "mc20_13TeV", name.format("derv"))
    assert check.suggestion == name.format("deriv")


def test_another_experiment_is_never_suggested() -> None:
    options = {"naming": [{**SCOPE, "parts": [{"name": "Experiment", "values": ["LOFAR", "ORCA"]}, *SCOPE["parts"][1:]]}]}  # type: ignore[index,misc]
    for name in ("FAIR_GSI_SZUBA", "ARCA_GSI_SZUBA"):
        assert check_name(lake(**options), Named.SCOPE, name, name).suggestion == ""
