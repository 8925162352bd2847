"""The stack's Data Lake: the real Rucio, its daemons and its storages, seen with people's tokens."""

import json
import os
from collections.abc import Iterator

import pytest
import requests

from devstack.address import RUCIO_URL, STORAGE_URL
from devstack.iam.control import person
from tests.devstack.changed_people import restore, synchronise
from tests.devstack.rucio_client import (
    CA,
    ERLANGEN,
    add_rule,
    new_token,
    on_disk,
    pfn,
    rucio,
    rule,
    settled,
    storage,
    unique,
    upload,
)

pytestmark = [pytest.mark.integration, pytest.mark.rare(group="lake")]
KM3NET, MAGIC = "KM3NET_ECAP_SP", "MAGIC_IFAE_SP"


@pytest.fixture
def outsider() -> Iterator[str]:
    yield "outsider"
    restore("outsider")


def test_a_members_token_is_the_members_account() -> None:
    assert rucio("member", "GET", "/accounts/whoami").json()["account"] == "member"


def test_somebody_without_a_group_has_no_account() -> None:
    reply = rucio("newcomer", "GET", "/accounts/whoami")
    assert reply.status_code == 401
    assert reply.headers["ExceptionClass"] == "CannotAuthenticate"


def test_groups_of_the_iam_are_attributes_of_the_account() -> None:
    found = {item["key"] for item in rucio("lead", "GET", "/accounts/lead/attr/").json()}
    assert {"group-escape", "group-escape.km3net", "group-escape.leads"} <= found


def test_a_rule_goes_from_replicating_to_ok_and_the_bytes_are_at_the_second_storage() -> None:
    content = os.urandom(200_000)
    file = upload("member", KM3NET, content)
    dataset = unique("dataset")
    assert rucio("member", "POST", f"/dids/{KM3NET}/{dataset}", json={"type": "DATASET"}).status_code == 201
    assert rucio("member", "POST", f"/dids/{KM3NET}/{dataset}/dids", json={"dids": [{"scope": KM3NET, "name": file}]}).status_code == 201
    made = add_rule("member", KM3NET, dataset, "DEMO-BOLOGNA")
    assert rule("member", made)["state"] == "REPLICATING"
    assert on_disk(KM3NET, file, "bologna") is None
    found = settled("member", made)
    assert (found["state"], found["locks_ok_cnt"], found["error"]) == ("OK", 1, None)
    copy = on_disk(KM3NET, file, "bologna")
    assert copy is not None
    assert copy.read_bytes() == content


def test_the_seeded_spectra_were_copied_over_https() -> None:
    rules = [json.loads(line) for line in rucio("lead", "GET", f"/dids/{MAGIC}/EU.BlazarSED.agnpy/rules").text.splitlines() if line]
    over_https = next(item for item in rules if item["rse_expression"] == "DEMO-ERLANGEN")
    assert settled("lead", over_https["id"])["state"] == "OK"
    here, there = (on_disk(MAGIC, "Mrk421_2011.ecsv", folder) for folder in ("annecy", "erlangen"))
    assert here
    assert there
    assert here.read_bytes() == there.read_bytes()


def test_a_lost_source_makes_the_rule_stuck_and_says_why() -> None:
    file = upload("member", "user.member", b"soon lost")
    lost = on_disk("user.member", file, "erlangen")
    assert lost is not None
    lost.unlink()
    found = settled("member", add_rule("member", "user.member", file, "DEMO-ANNECY"), 60)
    assert found["state"] == "STUCK"
    assert "lost" in found["error"]
    assert file in found["error"]


def test_a_changed_source_makes_the_rule_stuck_and_names_the_checksum() -> None:
    file = upload("member", "user.member", b"original")
    changed = on_disk("user.member", file, "erlangen")
    assert changed is not None
    changed.write_bytes(b"tampered")
    found = settled("member", add_rule("member", "user.member", file, "DEMO-ANNECY"), 60)
    assert found["state"] == "STUCK"
    assert "checksum" in found["error"]
    assert on_disk("user.member", file, "annecy") is None


@pytest.mark.parametrize(("account", "scope"), [("outsider", KM3NET), ("member", MAGIC), ("member", "user.lead")])
def test_a_plain_account_may_not_write_to_anothers_scope(account: str, scope: str) -> None:
    reply = rucio(account, "POST", f"/dids/{scope}/{unique('intruder')}", json={"type": "DATASET"})
    assert (reply.status_code, reply.headers["ExceptionClass"]) == (401, "AccessDenied")
    entry = {"scope": scope, "name": unique("intruder"), "bytes": 1, "adler32": "00000001"}
    reply = rucio(account, "POST", "/replicas/", json={"rse": "DEMO-ERLANGEN", "files": [entry]})
    assert (reply.status_code, reply.headers["ExceptionClass"]) == (401, "AccessDenied")


def test_nobody_claims_a_replica_of_anothers_file() -> None:
    entry = {"scope": KM3NET, "name": "aeff.fits", "bytes": 11520, "adler32": "1f08a76a"}
    reply = rucio("outsider", "POST", "/replicas/", json={"rse": "DEMO-ERLANGEN", "files": [entry]})
    assert (reply.status_code, reply.headers["ExceptionClass"]) == (401, "AccessDenied")


def test_rules_are_deleted_by_their_own_account_only() -> None:
    made = add_rule("member", KM3NET, upload("member", KM3NET, b"mine"), "DEMO-ANNECY")
    assert rucio("outsider", "DELETE", f"/rules/{made}", json={}).status_code == 401
    assert rucio("member", "DELETE", f"/rules/{made}", json={}).status_code == 200


def test_who_left_the_group_is_shut_out_and_comes_back_with_it(outsider: str) -> None:
    old = new_token(outsider)
    headers = {"X-Rucio-Auth-Token": old}

    def answers() -> set[int]:
        """Of many requests, each over a new connection: every worker of the server gets some."""
        return {requests.get(f"{RUCIO_URL}/accounts/whoami", headers=headers, timeout=10).status_code for _ in range(12)}

    assert answers() == {200}
    person(outsider, "--remove", "escape")
    synchronise()
    assert answers() == {401}
    restore(outsider)
    headers = {"X-Rucio-Auth-Token": new_token(outsider)}
    assert requests.get(f"{RUCIO_URL}/accounts/whoami", headers=headers, timeout=10).status_code == 200


def annecy() -> str:
    """Where one real file lies."""
    body = {"dids": [{"scope": KM3NET, "name": "aeff.fits"}], "sort": "random", "rse_expression": "DEMO-ANNECY"}
    return str(next(iter(rucio("member", "POST", "/replicas/list", json=body).json()["pfns"])))


def test_the_storage_serves_a_part_of_a_file() -> None:
    reply = storage("member", "GET", annecy(), headers={"Range": "bytes=0-79"})
    assert reply.status_code == 206
    assert reply.headers["Content-Range"] == "bytes 0-79/11520"
    assert reply.content.startswith(b"SIMPLE  =")


def test_without_a_token_or_with_a_wrong_one_the_storage_gives_nothing() -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic bGVhZDpsZWFk"}):
        reply = requests.get(annecy(), headers=headers, verify=str(CA), timeout=10)
        assert reply.status_code == 401


def test_the_storage_takes_new_files_and_lets_nobody_change_what_is_there() -> None:
    file = upload("member", "user.member", b"as it is")
    url = pfn("member", "user.member", file)
    assert storage("lead", "PUT", url, data=b"changed").status_code == 403  # not their scope
    assert storage("member", "PUT", url, data=b"changed").status_code == 409
    assert storage("member", "DELETE", url).status_code == 403
    assert storage("member", "MOVE", url, headers={"Destination": f"{ERLANGEN}/elsewhere"}).status_code == 403
    assert storage("member", "GET", url).content == b"as it is"
    assert storage("member", "PUT", f"{STORAGE_URL}/annecy/user/member/x", data=b"x").status_code == 403


def test_the_storages_certificate_is_worth_nothing_without_its_authority() -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(STORAGE_URL, timeout=10)


@pytest.mark.parametrize("url", [f"{RUCIO_URL}/ping", STORAGE_URL])
def test_a_foreign_host_name_is_refused(url: str) -> None:
    assert requests.get(url, headers={"Host": "elsewhere.example"}, verify=str(CA), timeout=10).status_code == 400
