"""Which addresses hold a secret that would let in anyone who reads them."""

import pytest
from django.core.exceptions import ValidationError

from projects.models import Project
from projects.models.details import validate_web_address
from vre_portal.secret_addresses import holds_secret

# The parts of signed tokens below are made of words.
SIGNED = "eyJ" + "header" * 4 + ".eyJ" + "claims" * 4 + ".signature"


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/a?token=abc",
        "https://example.org/a?b=c&Access_Token=abc",
        "https://example.org/a?b=c;access-token=abc",
        "https://example.org/a#access_token=abc&b=c",
        "https://example.org/#/a?token=abc",
        "https://example.org/a?%74oken=abc",
        "https://example.org/a?sv=1&sig=a%2Fb%3D",
        "https://example.org/a?X-Amz-Date=1&X-Amz-Signature=abc",
        "https://example.org/a?X-Amz-Security-Token=abc",
        "https://example.org/a?X-Goog-Signature=abc",
        "https://example.org/a?Expires=1&Signature=abc",
        "https://example.org/a?Authorization=Bearer%20abc",
        "davs://example.org/a?authz=abc",
        "https://example.org/a?api_key=abc",
        "https://example.org/a?private_token=abc",
        "https://example.org/a?password=abc",
        f"https://example.org/a?b={SIGNED}",
        f"https://example.org/{SIGNED}/a",
        f"https://example.org/a?b=x%20{SIGNED.replace('.', '%2E')}",
    ],
)
def test_an_address_with_a_secret_is_known_by_its_names_or_by_the_form_of_a_signed_token(address: str) -> None:
    assert holds_secret(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/a",
        "https://example.org/token=abc",
        "https://example.org/a?token=",
        "https://example.org/a?page_token=abc&tokens=1&design=2&signatures=3",
        "https://example.org/a?q=token",
        "https://example.org/search?q=access_token+signature",
        "https://example.org/a?id=eyJhIjoxfQ",
        "https://example.org/a#token",
        "ivo://org.gavo.dc/~?katkat/katkat.rd",
        "http://[::1/x?token=abc",
        "10.1000/1",
        "",
    ],
)
def test_an_address_without_a_secret_is_left_alone(address: str) -> None:
    assert not holds_secret(address)


@pytest.mark.parametrize("name", ["repository", "website"])
def test_the_columns_of_a_project_for_addresses_refuse_a_secret(name: str) -> None:
    assert validate_web_address in Project._meta.get_field(name).validators
    with pytest.raises(ValidationError, match="contains a secret"):
        validate_web_address("https://example.org/?token=abc")
