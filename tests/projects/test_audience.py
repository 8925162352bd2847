"""Origins: who may read what comes of restricted data, who owns it, and where it may be put."""

import pytest

from projects import audience, exposure
from projects.audience import Origin
from tests.factories import make_person, make_project
from vre_portal import services
from vre_portal.services import Service, ServiceKind

EMBARGO, PUBLIC = Origin("escape", "KM3NET_EMBARGO_SP"), Origin("escape", "KM3NET_ECAP_SP")
PLAIN, GONE = Origin("escape", "SOME_SP"), Origin("gone", "SOME_SP")


@pytest.mark.django_db
def test_a_restricted_scope_is_read_by_its_groups_and_owned_by_its_owners() -> None:
    lead, outsider = make_person("lead"), make_person("outsider")
    reader = make_person("member", groups=["escape/km3net-embargo"])
    assert [audience.can_read(user, EMBARGO) for user in (lead, reader, outsider)] == [True, True, False]
    assert [audience.is_owner(user, EMBARGO) for user in (lead, reader, outsider)] == [True, False, False]
    assert all(audience.can_read(outsider, origin) for origin in (PUBLIC, PLAIN))
    reader.is_active = False
    assert not audience.can_read(reader, EMBARGO)


@pytest.mark.django_db
def test_a_lake_that_is_not_configured_is_closed() -> None:
    lead = make_person("lead")
    assert not audience.can_read(lead, GONE)
    assert not audience.owns_all(lead, [GONE])
    assert audience.restricted([PUBLIC, GONE, EMBARGO, PLAIN, EMBARGO]) == [EMBARGO, GONE]


def test_what_is_restricted_goes_only_where_all_readers_may_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    wide, narrow, both, other = ({"A", "B"}, {"A"}, {"B", "C"}, {"D"})
    options = {
        "public_scopes": ["OPEN"],
        "restricted_scopes": {"WIDE*": wide, "NARROW": narrow, "WIDE_BOTH": both, "OTHER": other, "SHUT": set()},
    }
    lake = Service(ServiceKind.RUCIO, "lake", "Lake", "http://127.0.0.1:9", options=options)
    monkeypatch.setattr(services, "_all", lambda: (lake,))

    def outsiders_reach(target: str, origin: str) -> bool:
        return bool(audience.reaches_others(Origin("lake", target), [Origin("lake", origin)]))

    assert not outsiders_reach("NARROW", "WIDE")  # whoever is in A is in A or B
    assert outsiders_reach("WIDE", "NARROW")
    assert outsiders_reach("OPEN", "WIDE")
    assert outsiders_reach("PLAIN", "WIDE")  # everybody with an account
    assert not outsiders_reach("WIDE_BOTH", "WIDE")  # two conditions, one of them is wanted
    assert outsiders_reach("WIDE", "WIDE_BOTH")
    assert outsiders_reach("OTHER", "WIDE")
    assert outsiders_reach("WIDE", "SHUT")  # nobody reads it
    assert not outsiders_reach("SHUT", "WIDE")
    assert not outsiders_reach("PLAIN", "OPEN")
    assert not outsiders_reach("SHUT", "SHUT")


@pytest.mark.django_db
def test_a_feature_tells_what_a_public_project_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposure, "_features", [])
    shown = exposure.Exposure("published runs", ("Run 1",), 1)
    exposure.register(lambda user, project: shown)
    assert exposure.exposures(make_person("lead"), make_project())[-1] == shown
