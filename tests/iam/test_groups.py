"""How IAMs name groups, profile by profile, and which of it is believed."""

from typing import Any

import pytest

from vre_portal.iam import checks, groups
from vre_portal.services import Service, ServiceKind, read


def iam(**options: Any) -> Service:
    return Service(kind=ServiceKind.IAM, name="egi", title="EGI", url="https://egi.example/", options={"group_prefix": "", **options})


AARC = iam(profile="aarc")


@pytest.mark.parametrize(
    ("entitlement", "path"),
    [
        ("urn:mace:egi.eu:group:vo.example.org:role=member#aai.egi.eu", "vo.example.org"),
        ("urn:mace:egi.eu:group:vo.example.org#aai.egi.eu", "vo.example.org"),
        ("urn:geant:eosc.eu:group:escape:km3net:role=member#eosc.eu", "escape/km3net"),
        ("urn:geant:eosc.eu:group:escape:km3net", "escape/km3net"),
        ("URN:geant:eosc.eu:group:escape#eosc.eu", "escape"),
        ("urn:geant:eosc.eu:group:my%20group:sub%3Agroup#x", "my group/sub:group"),
        ("urn:geant:eosc.eu:group:escape:km3net:role=manager#eosc.eu", "escape/km3net/role=manager"),
        ("urn:geant:eosc.eu:res:compute#eosc.eu", ""),
        ("urn:geant:eosc.eu:group:#eosc.eu", ""),
        ("urn:geant:eosc.eu:group:a::b#eosc.eu", ""),
        ("urn:geant:eosc.eu:group:role=member#eosc.eu", ""),
        ("urn:geant:eosc.eu:group:role=admin#eosc.eu", ""),
        ("urn:geant:eosc.eu:group:escape%2Fadmins#eosc.eu", ""),
        ("urn::group:escape", ""),
        ("group:escape", ""),
        ("https://x.example/:group:escape", ""),
        ("", ""),
    ],
)
def test_an_entitlement_becomes_a_path_or_nothing(entitlement: str, path: str) -> None:
    assert groups.told_by(AARC, {"eduperson_entitlement": [entitlement]}) == ([path] if path else [])


def test_a_role_is_not_membership() -> None:
    told = groups.told_by(AARC, {"eduperson_entitlement": ["urn:x:y:group:escape:role=applicant#a"]})
    assert "escape" not in told


def test_the_newer_claim_counts_before_the_older_and_a_lone_text_is_a_list() -> None:
    claims = {"entitlements": "urn:x:y:group:new#a", "eduperson_entitlement": ["urn:x:y:group:old#a"]}
    assert groups.told_by(AARC, claims) == ["new"]


def test_only_authorities_that_are_named_count_where_some_are() -> None:
    claims = {"eduperson_entitlement": ["urn:x:y:group:a#good", "urn:x:y:group:b#bad", "urn:x:y:group:c"]}
    assert groups.told_by(iam(profile="aarc", group_authorities=["good"]), claims) == ["a"]


def test_the_wlcg_profile_reads_its_own_claim_and_no_other() -> None:
    claims = {"wlcg.groups": ["/escape", "/escape/km3net"], "groups": ["escape/admins"]}
    assert groups.told_by(iam(profile="wlcg"), claims) == ["escape", "escape/km3net"]
    assert groups.told_by(iam(profile="wlcg"), {"groups": ["escape"]}) == []


def test_the_iam_profile_is_the_usual_one() -> None:
    assert groups.told_by(iam(), {"groups": ["escape/km3net", "/escape/"]}) == ["escape", "escape/km3net"]
    assert groups.told_by(iam(), {"wlcg.groups": ["/escape"]}) == ["escape"]
    assert groups.told_by(iam(), {"groups": [], "wlcg.groups": ["/escape"]}) == []
    assert groups.told_by(iam(), {"eduperson_entitlement": ["urn:x:y:group:a"]}) == []


@pytest.mark.parametrize("profile", list(groups.Profile))
@pytest.mark.parametrize(
    "value", [None, 1, {"a": 1}, [1, None, ["a"]], ["", "/", "//"], ["a\nb", "\0"], ["a" * 201], "urn:x:y:group:" + "a" * 300]
)
def test_what_is_no_group_is_left_out(profile: str, value: Any) -> None:
    claims = dict.fromkeys(("groups", "wlcg.groups", "entitlements", "eduperson_entitlement"), value)
    assert groups.told_by(iam(profile=profile), claims) == []


def test_a_million_groups_are_cut_off() -> None:
    assert len(groups.told_by(iam(), {"groups": [f"g{number}" for number in range(100_000)]})) == groups.MAX_GROUPS


def test_the_prefix_counts_for_the_longest_name() -> None:
    claims = {"groups": ["a" * 200, "b"]}
    assert groups.groups_of(iam(group_prefix="egi:"), claims) == ["egi:b"]


def test_a_profile_that_does_not_exist_is_told_before_anyone_signs_in() -> None:
    found = checks.wrong_with(iam(profile="arc", client_id="portal"))
    assert [error.id for error in found] == ["iam.E001", "iam.E002"]
    assert checks.wrong_with(iam(profile="aarc", client_id="portal", client_secret="s")) == []


COMPOSED, DECOMPOSED = "escape/rés", "escape/re\u0301s"


def test_an_accent_is_spelt_in_one_way_whatever_the_iam_sends() -> None:
    assert groups.told_by(iam(), {"groups": [DECOMPOSED, COMPOSED]}) == [COMPOSED]
    assert groups.told_by(iam(profile="wlcg"), {"wlcg.groups": [f"/{DECOMPOSED}"]}) == [COMPOSED]
    assert groups.told_by(iam(profile="aarc"), {"entitlements": ["urn:x:y:group:escape:re%CC%81s"]}) == [COMPOSED]


def test_a_group_with_a_space_is_a_group() -> None:
    assert groups.told_by(iam(), {"groups": ["KM3NeT members/dark matter"]}) == ["KM3NeT members/dark matter"]


def test_services_toml_names_groups_in_the_same_spelling(tmp_path: Any) -> None:
    file = tmp_path / "services.toml"
    entry = '[[service]]\nkind = "rucio"\nname = "a"\ntitle = "A"\nurl = "http://a.example"\naudience = "a"\n'
    file.write_text(f'{entry}options = {{ restricted_scopes = {{ "A_*" = ["{DECOMPOSED}"] }} }}\n')
    assert read(file, {})[0].options["restricted_scopes"] == {"A_*": [COMPOSED]}


def test_more_than_a_thousand_groups_are_all_kept_and_what_is_cut_off_is_counted() -> None:
    many = {"groups": [f"g{number:05}" for number in range(3000)]}
    assert (len(groups.groups_of(iam(), many)), groups.left_out(iam(), many)) == (3000, 0)
    too_many = {"groups": [f"g{number:05}" for number in range(groups.MAX_GROUPS + 7)]}
    assert (len(groups.groups_of(iam(), too_many)), groups.left_out(iam(), too_many)) == (groups.MAX_GROUPS, 7)


HELMHOLTZ = "urn:geant:helmholtz.de:group:Helmholtz-member#login.helmholtz.de"


@pytest.mark.parametrize(
    ("entitlements", "number"),
    [
        ([HELMHOLTZ, "urn:mace:dir:entitlement:common-lib-terms"], 0),
        ([f"urn:geant:nfdi.de:punch:group:{'%C3%A9' * 60}#login.helmholtz.de"], 0),  # long as an entitlement, 60 characters as a group
        ([f"urn:geant:nfdi.de:punch:group:{'a' * 190}#login.helmholtz.de"], 0),
        ([f"urn:geant:nfdi.de:punch:group:{'a' * 201}#login.helmholtz.de"], 1),
        (["urn:geant:nfdi.de:punch:group:a%00b#login.helmholtz.de", HELMHOLTZ, 7], 2),
    ],
)
def test_what_is_said_to_be_left_out_is_what_is_left_out_of_entitlements(entitlements: list[Any], number: int) -> None:
    told = {"entitlements": entitlements}
    assert groups.left_out(AARC, told) == number
    named = [item for item in entitlements if not isinstance(item, str) or ":group:" in item]
    assert len(groups.groups_of(AARC, told)) + number == len(named)


def test_a_name_that_is_too_long_in_its_one_spelling_is_counted() -> None:
    told = {"groups": ["\u0958" * 150, "escape"]}  # each letter is two in the spelling that is kept
    assert (groups.groups_of(iam(), told), groups.left_out(iam(), told)) == (["escape"], 1)
