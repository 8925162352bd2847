"""The storage takes people's files in their own scopes and their groups', and in no others, by whatever name they come."""

import pytest

from tests.devstack.rucio_client import pfn, storage, unique

pytestmark = [pytest.mark.integration("rucio", "storage"), pytest.mark.rare(group="lake")]
UPLOAD = ".rucio.upload"


@pytest.mark.parametrize(
    ("name", "scope", "status"),
    [
        ("member", "user.member", 201),
        ("member", "KM3NET_ECAP_SP", 201),
        ("lead", "MAGIC_IFAE_SP", 201),
        ("member", "MAGIC_IFAE_SP", 403),
        ("outsider", "KM3NET_ECAP_SP", 403),
        ("outsider", "user.member", 403),
        ("outsider", "KM3NET_EMBARGO_SP", 403),
        ("member", "user.membership", 403),
    ],
)
def test_files_go_into_the_scopes_that_rucio_lets_a_person_write(name: str, scope: str, status: int) -> None:
    place = pfn(name, scope, unique("file"))
    for ending in ("", UPLOAD):
        assert storage(name, "PUT", place + ending, data=b"x").status_code == status
    assert storage("lead", "HEAD", place).status_code == (200 if status == 201 else 404)


def test_nobody_moves_or_removes_the_unfinished_upload_of_somebody_else() -> None:
    theirs = pfn("member", "user.member", unique("file"))
    assert storage("member", "PUT", theirs + UPLOAD, data=b"mine").status_code == 201
    mine = pfn("outsider", "user.outsider", unique("file"))
    assert storage("outsider", "DELETE", theirs + UPLOAD).status_code == 403
    assert storage("outsider", "PUT", theirs + UPLOAD, data=b"other").status_code == 403
    assert storage("outsider", "MOVE", theirs + UPLOAD, headers={"Destination": mine}).status_code == 403
    assert storage("outsider", "PUT", mine + UPLOAD, data=b"other").status_code == 201
    for scope in ("user.member", "KM3NET_EMBARGO_SP"):
        there = pfn("outsider", scope, unique("file"))
        assert storage("outsider", "MOVE", mine + UPLOAD, headers={"Destination": there}).status_code == 403
        assert storage("lead", "HEAD", there).status_code == 404
    assert storage("member", "MOVE", theirs + UPLOAD, headers={"Destination": theirs}).status_code == 201
    assert storage("member", "GET", theirs).content == b"mine"
