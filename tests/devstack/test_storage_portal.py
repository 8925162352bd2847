"""What the portal's own account may read of the storages: files of public scopes, by a token that names their folders, and nothing else."""

from typing import Any

import jwt
import pytest
import requests

from datalake.reads import service_account
from devstack import address
from tests.devstack.rucio_client import CA, pfn, storage, upload
from tests.devstack.test_storage_narrow import seen
from tests.devstack.test_storage_restricted import replica
from vre_portal.services import Service, ServiceKind, service

pytestmark = pytest.mark.integration("iam", "rucio", "storage")
KM3NET, MAGIC = "KM3NET_ECAP_SP", "MAGIC_IFAE_SP"
PUBLIC = {KM3NET: "annecy/KM3NET_ECAP_SP/98/02/aeff.fits", MAGIC: "annecy/MAGIC_IFAE_SP/63/80/Mrk421_2011.ecsv"}


@pytest.fixture
def lake() -> Service:
    service_account._held.clear()
    return service(ServiceKind.RUCIO, "escape")


def claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def asked(scope: str, audience: str) -> requests.Response:
    """What the IAM answers when the portal's account asks for a token."""
    form = {"grant_type": "client_credentials", "scope": scope, "audience": audience}
    pair = ("portal-lake", address.secret("client-portal-lake"))
    return requests.post(f"{address.IAM_ISSUER}token", data=form, auth=pair, timeout=10)


def url(scope: str) -> str:
    return f"{address.STORAGE_URL}/{PUBLIC[scope]}"


def test_its_token_for_bytes_names_one_scope_at_the_storage_alone(lake: Service) -> None:
    found = claims(service_account.bytes_token(lake, KM3NET))
    assert found["aud"] == address.STORAGE_URL
    assert sorted(found["scope"].split()) == [f"storage.read:/{name}/{KM3NET}" for name in ("annecy", "bologna", "erlangen")]


def test_each_scope_has_a_token_that_opens_no_other(lake: Service) -> None:
    for scope, other in ((KM3NET, MAGIC), (MAGIC, KM3NET)):
        token = service_account.bytes_token(lake, scope)
        assert seen(url(scope), token, in_address=False).status_code == 200
        assert seen(url(other), token, in_address=False).status_code == 403


def test_it_reads_and_does_nothing_else(lake: Service) -> None:
    token = service_account.bytes_token(lake, KM3NET)
    assert seen(url(KM3NET), token, "HEAD", in_address=False).status_code == 200
    for method in ("PUT", "DELETE", "MOVE", "MKCOL", "PROPFIND", "OPTIONS"):
        there = f"{address.STORAGE_URL}/erlangen/{KM3NET}/00/00/new.txt"
        assert seen(there, token, method, in_address=False).status_code == 403, method


def test_it_never_stands_in_an_address(lake: Service) -> None:
    assert seen(url(KM3NET), service_account.bytes_token(lake, KM3NET)).status_code == 401
    assert seen(url(KM3NET), service_account.token(lake)).status_code == 401


def test_its_token_for_rucio_opens_no_storage(lake: Service) -> None:
    token = service_account.token(lake)
    own = pfn("lead", "user.lead", upload("lead", "user.lead", b"mine"))
    for there in (url(KM3NET), own, replica()):
        for method in ("GET", "HEAD", "PROPFIND", "PUT", "DELETE"):
            assert seen(there, token, method, in_address=False).status_code == 403, (there, method)


def test_it_reads_nothing_restricted_or_of_people(lake: Service) -> None:
    own = pfn("lead", "user.lead", upload("lead", "user.lead", b"mine"))
    for scope in PUBLIC:
        token = service_account.bytes_token(lake, scope)
        for there in (own, replica(), f"{address.STORAGE_URL}/annecy/{scope}/../KM3NET_EMBARGO_SP/x", f"{address.STORAGE_URL}/annecy"):
            assert seen(there, token, in_address=False).status_code == 403, there


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/annecy",
        "/annecy/KM3NET_EMBARGO_SP",
        "/annecy/KM3NET_ECAP_SP/98",
        "/erlangen/user",
        "/annecy/KM3NET_ECAP_SP/../KM3NET_EMBARGO_SP",
    ],
)
def test_the_iam_gives_it_no_other_path(path: str) -> None:
    reply = asked(f"storage.read:{path}", address.STORAGE_URL)
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_scope")


def test_another_program_of_the_portal_gets_no_path_and_opens_no_storage() -> None:
    form = {"grant_type": "client_credentials", "audience": address.STORAGE_URL}
    pair = ("portal-groups", address.secret("client-portal-groups"))
    where = f"{address.IAM_ISSUER}token"
    refused = requests.post(where, data={**form, "scope": f"storage.read:/annecy/{KM3NET}"}, auth=pair, timeout=10)
    assert refused.status_code == 400
    for audience in (address.STORAGE_URL, "rucio"):
        token = requests.post(where, data={**form, "audience": audience, "scope": "scim:read"}, auth=pair, timeout=10).json()[
            "access_token"
        ]
        assert seen(url(KM3NET), token, in_address=False).status_code == 403, audience


def test_people_read_as_before() -> None:
    assert storage("member", "GET", url(KM3NET)).status_code == 200
    assert CA.exists()
