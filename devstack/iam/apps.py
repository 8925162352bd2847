"""The application that holds the demonstration's people."""

from functools import cache
from typing import override

from allauth.core.internal import jwkkit
from django.apps import AppConfig


class IamConfig(AppConfig):
    """Registered under the short label that the user model's name uses."""

    name = "devstack.iam"
    label = "iam"

    @override
    def ready(self) -> None:
        from allauth.idp.oidc.internal.oauthlib.request_validator import OAuthLibRequestValidator
        from oauthlib.oauth2.rfc8628.grant_types import DeviceCodeGrant

        # oauthlib asks the library whether a device code was approved, which the library has checked before but does not answer.
        OAuthLibRequestValidator.validate_device_code = lambda *_: DeviceCodeGrant.DEVICE_CODE_AUTHORIZED
        # The library reads the signing key from its text for every token: 33 ms each time, measured.
        jwkkit.load_jwk_from_pem = cache(jwkkit.load_jwk_from_pem)
