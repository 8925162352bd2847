"""Tokens for one path: what the IAM gives and refuses, and what the storage lets their bearers do, in a header or in the address."""

import time
from functools import cache
from typing import Any

import jwt
import pytest
import requests

from devstack import address
from devstack.iam.keys import signing_key
from tests.devstack.iam_client import exchange, login
from tests.devstack.rucio_client import CA, new_token, pfn, storage, upload
from tests.devstack.test_storage_restricted import replica

pytestmark = [pytest.mark.integration("iam", "rucio", "storage"), pytest.mark.rare(group="lake")]


@cache
def signed_in(name: str) -> str:
    return str(login(name)["access_token"])


def path_of(url: str) -> str:
    return url.removeprefix(address.STORAGE_URL)


def asked(scope: str, audience: str = address.STORAGE_URL, subject: str | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = exchange(subject or signed_in("lead"), audience=audience, scope=scope).json()
    return answer


@cache
def one() -> tuple[str, str]:
    """A file's address, and a token for it."""
    url = pfn("lead", "user.lead", upload("lead", "user.lead", b"mine"))
    return url, str(asked(f"storage.read:{path_of(url)}")["access_token"])


def seen(url: str, value: str, method: str = "GET", *, in_address: bool = True, **options: Any) -> requests.Response:
    if in_address:
        return storage(None, method, f"{url}?authz=Bearer%20{value}", **options)
    return storage(None, method, url, headers={"Authorization": f"Bearer {value}"}, **options)


def resigned(value: str, **changes: Any) -> str:
    """The same token with other claims, signed by the IAM's own key."""
    claims = jwt.decode(value, options={"verify_signature": False}) | changes
    return jwt.encode(claims, signing_key(), algorithm="RS256", headers={"kid": jwt.get_unverified_header(value)["kid"]})


def test_the_iam_gives_one_path_for_five_minutes_and_no_word_more() -> None:
    url, value = one()
    claims = jwt.decode(value, options={"verify_signature": False})
    assert (claims["scope"], claims["aud"]) == (f"storage.read:{path_of(url)}", address.STORAGE_URL)
    assert claims["exp"] - claims["iat"] == 300
    assert "wlcg.groups" not in claims


@pytest.mark.parametrize(
    "scope",
    [
        "storage.read:/",
        "storage.read:",
        "storage.read:/erlangen/../annecy",
        "storage.read:/erlangen/%2e%2e/annecy",
        "storage.read:/a//b",
        "storage.read:/a/",
        "storage.modify:/a",
        "storage.read:/a storage.read:/b",
        "storage.read:/a openid",
    ],
)
def test_the_iam_gives_nothing_broader(scope: str) -> None:
    assert asked(scope)["error"] == "invalid_scope"


def test_the_iam_gives_a_path_for_the_storage_alone_and_nothing_for_a_path() -> None:
    assert asked("storage.read:/a", audience="rucio")["error"] == "invalid_scope"
    assert asked("storage.read:/a", audience=f"{address.STORAGE_URL} rucio")["error"] == "invalid_scope"
    _, value = one()
    for scope, audience in (("storage.read:/a", address.STORAGE_URL), ("openid", "rucio"), ("", "rucio")):
        assert asked(scope, audience, subject=value)["error"] == "invalid_scope"


@pytest.mark.parametrize("in_address", [True, False])
def test_the_token_opens_its_file_for_reading_and_nothing_else(in_address: bool) -> None:
    url, value = one()
    other = pfn("lead", "user.lead", upload("lead", "user.lead", b"other"))
    assert seen(url, value, in_address=in_address).content == b"mine"
    assert seen(url, value, in_address=in_address, method="HEAD").headers["Content-Length"] == "4"
    for there in (other, f"{url}x", url.rpartition("/")[0], f"{url}/../{other.rpartition('/')[2]}"):
        assert seen(there, value, in_address=in_address).status_code == 403, there
    for method in ("PROPFIND", "PUT", "DELETE", "MOVE", "MKCOL", "OPTIONS"):
        assert seen(url, value, method, in_address=in_address).status_code == 403, method


@pytest.mark.parametrize("in_address", [True, False])
def test_a_token_that_is_over_or_for_others_or_forged_opens_nothing(in_address: bool) -> None:
    url, value = one()
    assert seen(url, resigned(value), in_address=in_address).status_code == 200  # so that what follows is refused for its claims
    wrong = [
        resigned(value, exp=int(time.time()) - 1),
        resigned(value, aud="https://elsewhere.example"),
        resigned(value, iss="https://elsewhere.example/"),
        value[:-6] + "AAAAAA",
    ]
    assert [seen(url, item, in_address=in_address).status_code for item in wrong] == [401] * 4
    narrow = {"aud": "rucio"}, {"scope": ""}, {"scope": f"storage.modify:{path_of(url)}"}, {"scope": "storage.read:/annecy"}
    assert [seen(url, resigned(value, **item), in_address=in_address).status_code for item in narrow] == [403] * 4


def test_only_a_narrow_token_may_stand_in_an_address_and_only_one_at_all() -> None:
    url, value = one()
    assert seen(url, new_token("lead")).status_code == 401
    assert storage(None, "GET", f"{url}?authz=Bearer%20{value}&authz=Bearer%20{value}").status_code == 400
    assert storage("lead", "GET", f"{url}?authz=Bearer%20{value}").status_code == 400
    assert storage(None, "GET", f"{url}?authz={value}").status_code == 401
    secret = address.secret("storage-service")
    assert seen(url, secret).status_code == 401
    assert requests.get(url, headers={"Authorization": f"Bearer {secret}"}, verify=str(CA), timeout=10).status_code == 200


def test_what_an_address_with_a_token_opens_is_saved_and_kept_nowhere() -> None:
    reply = seen(*one())
    assert reply.headers["Content-Disposition"] == "attachment"
    assert (reply.headers["Cache-Control"], reply.headers["Referrer-Policy"]) == ("private, no-store", "no-referrer")
    assert "Content-Disposition" not in seen(*one(), in_address=False).headers


def test_restricted_data_want_the_group_of_a_narrow_token_too() -> None:
    url = replica()
    value = str(asked(f"storage.read:{path_of(url)}")["access_token"])
    assert seen(url, value).status_code == 403
    assert storage("lead", "GET", url).status_code == 200


def test_a_name_with_signs_that_addresses_quote_is_one_path() -> None:
    url = f"{address.STORAGE_URL}/erlangen/user/lead/narrow/%C3%A4%20b%25.txt"
    storage("lead", "PUT", url, data=b"odd")  # stays from one run to the next
    value = str(asked("storage.read:/erlangen/user/lead/narrow/%C3%A4%20b%25.txt")["access_token"])
    assert seen(url, value).content == b"odd"
