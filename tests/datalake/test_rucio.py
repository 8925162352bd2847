"""The portal's door to Rucio, against the real server and storage of the local stack."""

import io
import json
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from typing import Any

import pytest
from django.utils import timezone

from datalake import rucio
from datalake.rucio import dids, uploads
from devstack import address
from tests.devstack.rucio_client import on_disk, settled, token, unique
from tests.devstack.rucio_client import rucio as ask
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service, ServiceKind

pytestmark = pytest.mark.integration("rucio", "storage", "iam")
KM3NET, IRF = "KM3NET_ECAP_SP", "DM.PointSourceIRF.km3irf"
FILES = ["aeff.fits", "bkg_mu.fits", "bkg_nu.fits", "edisp.fits", "psf.fits"]
LAKE = Service(
    ServiceKind.RUCIO,
    "escape",
    "Demonstration Data Lake",
    address.RUCIO_URL,
    "rucio",
    {"ca": str(address.STATE / "storage" / "ca.pem"), "hosts": [address.STORAGE_URL.removeprefix("https://")]},
)
NOWHERE = Service(ServiceKind.RUCIO, "nowhere", "Lake that is away", "http://127.0.0.1:9", "rucio")


def as_member[**P, T](call: Callable[..., T], *args: Any, **options: Any) -> T:
    return call(LAKE, token("member"), *args, **options)


@pytest.fixture(scope="module")
def dataset() -> str:
    """An empty dataset of the member's."""
    name = unique("door")
    as_member(rucio.add_collection, KM3NET, name, "DATASET", {"purpose": "test", "run": 7})
    return name


def test_scopes_come_with_their_owners() -> None:
    owners = {scope.name: scope.account for scope in as_member(rucio.list_scopes)}
    assert owners[KM3NET] == "lead"
    assert owners["user.member"] == "member"


def test_a_dataset_is_the_sum_of_its_files() -> None:
    did = as_member(rucio.get_did, KM3NET, IRF)
    assert (did.type, did.length, did.bytes, str(did)) == ("DATASET", 5, 250_560, f"{KM3NET}:{IRF}")
    assert [item.name for item in as_member(rucio.list_content, KM3NET, IRF)] == FILES
    assert [item.name for item in as_member(rucio.list_content_page, KM3NET, IRF, 1, 2).rows] == FILES[1:3]
    assert [item.type for item in as_member(rucio.list_files, KM3NET, "DM.PointSource")] == ["FILE"] * 6
    assert as_member(rucio.list_content, KM3NET, "aeff.fits") == []
    assert IRF in [item.name for item in as_member(rucio.list_parents, KM3NET, "aeff.fits")]


def test_metadata_are_what_people_said() -> None:
    found = as_member(rucio.describe, KM3NET, IRF).metadata
    assert (found["experiment"], found["licence"], found["version"]) == ("KM3NeT", "BSD-3-Clause", "0.4.0")
    assert not {"hidden", "md5", "scope"} & found.keys()


def test_copies_of_a_file_have_addresses_and_copies_of_a_dataset_have_amounts() -> None:
    copies = as_member(rucio.list_replicas, KM3NET, "aeff.fits")
    assert [(item.rse, item.state) for item in copies] == [("DEMO-ANNECY", "AVAILABLE"), ("DEMO-BOLOGNA", "AVAILABLE")]
    assert all(pfn.startswith(address.STORAGE_URL) for item in copies for pfn in item.pfns)
    amounts = as_member(rucio.list_replicas, KM3NET, IRF, type="DATASET")
    assert {(item.rse, item.available_length, item.length) for item in amounts} == {("DEMO-ANNECY", 5, 5), ("DEMO-BOLOGNA", 5, 5)}


def test_rules_and_locks_say_how_far_a_copy_is() -> None:
    rules = as_member(rucio.list_rules, KM3NET, IRF)
    assert {(item.rse_expression, item.state, item.locks_ok) for item in rules} == {("DEMO-ANNECY", "OK", 5), ("DEMO-BOLOGNA", "OK", 5)}
    assert rules[0].created
    assert rules[0].created.tzinfo
    assert as_member(rucio.get_rule, rules[0].id) == rules[0]
    locks = as_member(rucio.list_locks, rules[0].id, limit=3)
    assert len(locks) == 3
    assert {(lock.rse, lock.state) for lock in locks} == {(rules[0].rse_expression, "OK")}


def test_storage_elements_have_places_and_doors() -> None:
    listed = {item.name: item for item in as_member(rucio.list_rses)}
    erlangen = as_member(rucio.get_rse, "DEMO-ERLANGEN")
    assert (erlangen.site, erlangen.city, erlangen.country, erlangen.latitude) == ("ECAP-FAU", "Erlangen", "DE", 49.58)
    assert [(door.scheme, door.reads, door.writes) for door in erlangen.protocols] == [("https", True, True)]
    assert listed["DEMO-ANNECY"].total == 100 * 10**9
    assert {(door.scheme, door.writes) for door in listed["DEMO-ANNECY"].protocols} == {
        ("file", False),
        ("https", False),
    }  # the folder is for Rucio's own daemons


def test_a_file_is_read_whole_and_in_part() -> None:
    with as_member(rucio.open_file, KM3NET, "aeff.fits") as body:
        content = b"".join(body.chunks())
    did = as_member(rucio.get_did, KM3NET, "aeff.fits")
    assert (len(content), f"{zlib.adler32(content):08x}") == (did.bytes, did.adler32)
    with as_member(rucio.open_file, KM3NET, "aeff.fits", first=100, last=199) as body:
        assert b"".join(body.chunks()) == content[100:200]
    pfn = as_member(rucio.list_readable_urls, KM3NET, "aeff.fits")[0]
    with as_member(rucio.open_copy, pfn, first=11_500) as body:
        assert b"".join(body.chunks()) == content[11_500:]


def test_bytes_are_fetched_from_the_lakes_own_storages_only() -> None:
    with (
        pytest.raises(RemoteRefused, match="not configured as one of its hosts"),
        as_member(rucio.open_copy, "https://169.254.169.254/latest"),
    ):
        pass


@pytest.mark.parametrize(
    "name", ["a b", "a+b", "a%2Fb", "a/b", "dür?#&=", "a" * 250, "'quoted'", "a:b", "a\\b", "\N{SATELLITE} \N{GREEK SMALL LETTER NU}"]
)
def test_any_name_reaches_the_server_as_it_is(name: str) -> None:
    with pytest.raises(RemoteRefused) as refusal:
        as_member(rucio.get_did, KM3NET, name)
    assert (refusal.value.status, refusal.value.code) == (404, "DataIdentifierNotFound")
    assert f"{KM3NET}:{name}" in str(refusal.value)


@pytest.mark.parametrize("name", ["..", ".", "", "a\0b", "x" * 501])
def test_what_is_no_name_is_not_asked_for(name: str) -> None:
    with pytest.raises(RemoteRefused) as refusal:
        rucio.get_did(NOWHERE, "none", KM3NET, name)
    assert refusal.value.status == 404


def test_a_name_with_slashes_works_in_every_call() -> None:
    name = f"2026/11/{unique('dir')}/" + "x" * 150
    as_member(rucio.add_collection, "user.member", name, "DATASET")
    as_member(rucio.attach, "user.member", name, [(KM3NET, "aeff.fits")])
    assert as_member(rucio.get_did, "user.member", name).length == 1
    assert [item.name for item in as_member(rucio.list_content, "user.member", name)] == ["aeff.fits"]
    assert as_member(rucio.describe, "user.member", name).created
    assert as_member(rucio.list_rules, "user.member", name) == []


@pytest.mark.parametrize("rule", ["nonsense", "../accounts/root", "0" * 32, "x" * 32, ""])
def test_a_rule_that_is_none_is_not_found(rule: str) -> None:
    with pytest.raises(RemoteRefused) as refusal:
        as_member(rucio.get_rule, rule)
    assert refusal.value.status == 404


def add_dids(rows: list[dict[str, str]]) -> None:
    """Some at a time: on a busy machine Rucio needs longer for all of them than a request may last."""
    for some in batched(rows, 100):
        assert ask("member", "POST", "/dids", json=some).status_code == 201


def test_pages_by_name_leave_nothing_out_and_repeat_nothing() -> None:
    prefix = unique("pages")
    names = sorted(f"{prefix}.{number * 7919 % 1000:04d}" for number in range(620))
    body = [{"scope": "user.member", "name": name, "type": "DATASET"} for name in sorted(names, key=lambda text: text[::-1])]
    add_dids(body)
    seen: list[str] = []
    found: list[rucio.Did] = []
    while not seen or len(found) == 50:
        found = as_member(rucio.list_dids, "user.member", pattern=f"{prefix}*", type="dataset", after=seen[-1] if seen else None, limit=50)
        seen += [item.name for item in found]
    assert seen == names
    said = {"true": names[60:70], "too near": names[3:9], "behind the end": ["zzz"], "before the page": ["a"], "no bounds": ["true", "a*"]}
    for beyond in said.values():
        first = as_member(rucio.list_dids, "user.member", pattern=f"{prefix}*", limit=50, beyond=beyond)
        assert [item.name for item in first] == names[:50]
    again = as_member(rucio.list_dids, "user.member", pattern=f"{prefix}*", after=names[599], limit=50, beyond=said["true"])
    assert [item.name for item in again] == names[600:]


def test_a_page_whose_end_is_known_is_one_small_question(monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = unique("near")
    names = [f"{prefix}.{number:04d}" for number in range(620)]
    body = [{"scope": "user.member", "name": name, "type": "DATASET"} for name in names]
    add_dids(body)
    rows: list[int] = []
    real = dids._search
    monkeypatch.setattr(dids, "_search", lambda *words: (found := real(*words), rows.append(len(found[0])))[0])
    asked = {"pattern": f"{prefix}*", "limit": 50, "after": names[99]}
    found = as_member(rucio.list_dids, "user.member", beyond=names[160:180], **asked)
    assert rows == [61]
    assert found == as_member(rucio.list_dids, "user.member", **asked)
    assert sum(rows[1:]) > 500


def test_a_pattern_and_a_type_narrow_the_list() -> None:
    assert [item.name for item in as_member(rucio.list_dids, KM3NET, pattern="*.fits", type="file")] == FILES
    assert [item.name for item in as_member(rucio.list_dids, KM3NET, type="container")] == ["DM.PointSource"]
    assert as_member(rucio.list_dids, KM3NET, pattern="' or 1=1 --") == []


def test_a_dataset_is_made_filled_and_closed_and_all_of_it_may_happen_twice(dataset: str) -> None:
    for _ in range(2):
        as_member(rucio.add_collection, KM3NET, dataset, "DATASET", {"purpose": "test", "run": 8})
        as_member(rucio.attach, KM3NET, dataset, [(KM3NET, "aeff.fits"), (KM3NET, "psf.fits"), (KM3NET, "aeff.fits")])
        as_member(rucio.close_collection, KM3NET, dataset)
    did = as_member(rucio.get_did, KM3NET, dataset)
    assert (did.length, did.open, did.account) == (2, False, "member")
    assert as_member(rucio.describe, KM3NET, dataset).metadata["run"] == 8


def test_what_is_attached_is_told_apart_from_what_was_inside() -> None:
    name = unique("attach")
    as_member(rucio.add_collection, "user.member", name, "DATASET")
    first, both = [(KM3NET, "aeff.fits")], [(KM3NET, "aeff.fits"), (KM3NET, "psf.fits")]
    assert as_member(rucio.attach, "user.member", name, first) == first
    assert as_member(rucio.attach, "user.member", name, first) == []
    assert as_member(rucio.attach, "user.member", name, both) == both[1:]  # Rucio refuses both for the one that is inside
    as_member(rucio.close_collection, "user.member", name)
    assert as_member(rucio.attach, "user.member", name, both) == []
    with pytest.raises(RemoteRefused):
        as_member(rucio.attach, "user.member", name, [*both, (KM3NET, "edisp.fits")])
    assert as_member(rucio.list_children, "user.member", name) == set(both)


def test_a_dataset_does_not_take_the_name_of_a_file() -> None:
    with pytest.raises(RemoteRefused, match="file"):
        as_member(rucio.add_collection, KM3NET, "aeff.fits", "DATASET")


def test_an_upload_is_whole_registered_and_may_happen_twice() -> None:
    name, content = unique("upload") + ".bin", bytes(range(256)) * 4000
    for source in (io.BytesIO(content), content):
        did = as_member(rucio.upload_file, "DEMO-ERLANGEN", KM3NET, name, source)
        assert (did.bytes, did.adler32) == (len(content), f"{zlib.adler32(content):08x}")
    assert [item.rse for item in as_member(rucio.list_replicas, KM3NET, name)] == ["DEMO-ERLANGEN"]
    with as_member(rucio.open_file, KM3NET, name) as body:
        assert b"".join(body.chunks()) == content
    with pytest.raises(RemoteRefused, match="already in use for other data"):
        as_member(rucio.upload_file, "DEMO-ERLANGEN", KM3NET, name, b"other bytes")


def test_an_upload_whose_registration_was_lost_is_taken_up_again() -> None:
    name, content = unique("again"), b"the bytes are there, the catalogue does not know"
    as_member(rucio.upload_file, "DEMO-ERLANGEN", "user.member", name, content)
    copy = on_disk("user.member", name, "erlangen")
    assert copy is not None
    other = unique("again")
    target = as_member_address(other)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    assert as_member(rucio.upload_file, "DEMO-ERLANGEN", "user.member", other, content).bytes == len(content)
    assert not list(target.parent.glob("*.rucio.upload"))


def as_member_address(name: str) -> Any:
    """The place on disk where Erlangen keeps a file of that name."""
    reply = ask(
        "member", "GET", "/rses/DEMO-ERLANGEN/lfns2pfns", params={"lfn": f"user.member:{name}", "operation": "write", "scheme": "https"}
    )
    return address.STATE / "storage" / reply.json()[f"user.member:{name}"].removeprefix(f"{address.STORAGE_URL}/")


class Broken(io.BytesIO):
    """A source that ends with an error half way of its second reading."""

    reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        if self.reads > 3:
            raise OSError("the disk is gone")
        return super().read(size)


def test_an_upload_that_breaks_off_leaves_no_ghost() -> None:
    name = unique("ghost")
    with pytest.raises((RemoteUnavailable, OSError)):
        as_member(rucio.upload_file, "DEMO-ERLANGEN", "user.member", name, Broken(b"x" * 3_000_000))
    with pytest.raises(RemoteRefused) as refusal:
        as_member(rucio.get_did, "user.member", name)
    assert refusal.value.status == 404
    assert on_disk("user.member", name, "erlangen") is None


def test_nobody_uploads_to_a_storage_that_is_read_only_or_into_anothers_scope() -> None:
    with pytest.raises(RemoteRefused, match=r"DEMO-ANNECY does not accept uploads over https\. Choose another storage element"):
        as_member(rucio.upload_file, "DEMO-ANNECY", "user.member", unique("no"), b"x")
    with pytest.raises(RemoteRefused) as refusal:
        as_member(rucio.upload_file, "DEMO-ERLANGEN", "MAGIC_IFAE_SP", unique("no"), b"x")
    assert refusal.value.status == 403  # the storage's word, which asks Rucio whose scope it is


def test_the_protocols_of_a_storage_are_asked_once_for_many_files_and_a_no_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = uploads.list_protocols

    def counted(lake: Service, token: str, rse: str) -> list[rucio.Protocol]:
        asked.append(rse)
        return real(lake, token, rse)

    monkeypatch.setattr(uploads, "list_protocols", counted)
    for _ in range(3):
        as_member(rucio.upload_file, "DEMO-ERLANGEN", "user.member", unique("many"), b"x")
    for _ in range(2):
        with pytest.raises(RemoteRefused):
            as_member(rucio.upload_file, "DEMO-ANNECY", "user.member", unique("no"), b"x")
    assert asked.count("DEMO-ERLANGEN") <= 1  # none where an earlier test asked
    assert asked.count("DEMO-ANNECY") == 2


def test_the_same_wish_is_the_same_rule_also_after_its_deletion() -> None:
    name = unique("wish")
    as_member(rucio.upload_file, "DEMO-ERLANGEN", "user.member", name, b"wanted")
    first = as_member(rucio.ensure_rule, "user.member", name, rucio.RuleSpec("DEMO-ANNECY")).id
    assert as_member(rucio.get_rule, first).state == "REPLICATING"
    assert as_member(rucio.ensure_rule, "user.member", name, rucio.RuleSpec("DEMO-ANNECY")).id == first
    assert settled("member", first)["state"] == "OK"
    as_member(rucio.delete_rule, first)
    assert as_member(rucio.get_rule, first).expires
    assert as_member(rucio.ensure_rule, "user.member", name, rucio.RuleSpec("DEMO-ANNECY")).id == first
    assert as_member(rucio.get_rule, first).expires is None


def test_an_existing_rule_gets_a_later_end_and_never_an_earlier_one() -> None:
    name = unique("end")
    as_member(rucio.upload_file, "DEMO-ERLANGEN", "user.member", name, b"ends")

    def ensure(hours: int | None) -> tuple[bool, bool, int]:
        spec = rucio.RuleSpec("DEMO-ERLANGEN", lifetime=hours and hours * 3600)
        made = as_member(rucio.ensure_rule, "user.member", name, spec)
        (rule,) = as_member(rucio.list_rules, "user.member", name)
        assert made.id == rule.id
        return made.existed, made.prolonged, round((rule.expires - timezone.now()).total_seconds() / 3600) if rule.expires else 0

    assert ensure(48) == (False, False, 48)
    assert ensure(24) == (True, False, 48)
    assert ensure(72) == (True, True, 72)
    assert ensure(None) == (True, True, 0)
    assert ensure(24) == (True, False, 0)  # what never expires goes on doing so


def test_the_rule_of_another_account_or_for_more_copies_is_another_rule() -> None:
    name, two = unique("others"), "DEMO-ERLANGEN|DEMO-ANNECY"
    as_member(rucio.upload_file, "DEMO-ERLANGEN", "user.member", name, b"shared")
    one = as_member(rucio.ensure_rule, "user.member", name, rucio.RuleSpec(two))
    assert not one.existed
    more = as_member(rucio.ensure_rule, "user.member", name, rucio.RuleSpec(two, copies=2))
    assert (more.existed, more.id != one.id) == (False, True)
    theirs = rucio.ensure_rule(LAKE, token("lead"), "user.member", name, rucio.RuleSpec(two))
    assert (theirs.existed, rucio.get_rule(LAKE, token("lead"), theirs.id).account) == (False, "lead")


def test_refusals_say_why_and_tell_bad_tokens_from_missing_permissions() -> None:
    with pytest.raises(RemoteRefused) as stranger:
        rucio.list_scopes(LAKE, "not a token")
    assert (stranger.value.status, stranger.value.code) == (401, "CannotAuthenticate")
    with pytest.raises(RemoteRefused) as denied:
        rucio.add_collection(LAKE, token("outsider"), KM3NET, unique("no"), "DATASET")
    assert (denied.value.status, denied.value.code) == (401, "AccessDenied")
    with pytest.raises(RemoteRefused) as nowhere:
        as_member(rucio.ensure_rule, KM3NET, IRF, rucio.RuleSpec("NO-SUCH-PLACE"))
    assert nowhere.value.code == "InvalidRSEExpression"


def test_a_lake_that_is_away_is_unavailable() -> None:
    for call in (rucio.list_scopes, rucio.list_rses):
        with pytest.raises(RemoteUnavailable):
            call(NOWHERE, "token")


def test_many_people_at_once_never_get_each_others_identity() -> None:
    names = ["lead", "member", "outsider", "admin"]
    for name in names:
        token(name)
    barrier = threading.Barrier(8)

    def ask_ten_times(number: int) -> set[tuple[str, str]]:
        name = names[number % 4]
        barrier.wait()
        return {(name, rucio.whoami(LAKE, token(name))) for _ in range(10)}

    with ThreadPoolExecutor(8) as pool:
        answers = set().union(*pool.map(ask_ten_times, range(8)))
    assert answers == {(name, name) for name in names}


def test_values_can_be_sent_on_as_json() -> None:
    from dataclasses import asdict

    from django.core.serializers.json import DjangoJSONEncoder

    assert json.dumps(asdict(as_member(rucio.list_rses)[0]), cls=DjangoJSONEncoder)
    assert json.dumps(asdict(as_member(rucio.list_rules, KM3NET, IRF)[0]), cls=DjangoJSONEncoder)
