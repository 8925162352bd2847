"""Is a specification one that this server can keep and run?"""

from typing import Any

from jsonschema.exceptions import ValidationError
from reana_commons.validation.utils import validate_reana_yaml

from devstack.reana import engines
from devstack.reana.errors import Refusal


def checked(given: dict[str, Any]) -> dict[str, Any]:
    """The specification, or a refusal in REANA's words."""
    specification = given.get("reana_specification", given)
    if not isinstance(specification, dict) or not isinstance(specification.get("workflow"), dict):
        raise Refusal(400, "The request holds no REANA specification.")
    if specification["workflow"].get("type") not in engines.KINDS:
        raise Refusal(500, "Unknown workflow type.")
    try:
        validate_reana_yaml(specification)
    except ValidationError as error:
        raise Refusal(400, f"The specification is not valid: {error.message}") from None
    return specification
