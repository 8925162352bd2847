"""The audience that a request asks for, read as INDIGO IAM reads it."""

from typing import Any

from django.http import QueryDict

PARAMETERS = ("resource", "aud", "audience")


def audience_of(parameters: QueryDict) -> list[str]:
    """The first of `resource`, `aud`, `audience` that is not empty, as a list of words."""
    for name in PARAMETERS:
        words = " ".join(parameters.getlist(name)).split()
        if words:
            return words
    return []


def without_audience(parameters: QueryDict) -> Any:
    """The same parameters without the three: the library takes only URIs for `resource`."""
    rest = parameters.copy()
    for name in PARAMETERS:
        rest.pop(name, None)
    return rest
