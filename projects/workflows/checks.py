"""What must be right about the REANAs in services.toml before anybody launches."""

from typing import Any

from django.core.checks import Error, register

from vre_portal.services import Dialect, ServiceKind, services


@register()
def dialects_are_said(**_: Any) -> list[Error]:
    """Every REANA says how it takes tokens; that the server agrees is looked at when it is asked, and told at /status/."""
    return [
        Error(
            f"The REANA {server.name} in services.toml has no valid option dialect.",  # untranslated: for operators, on the command line
            hint='options = { dialect = "bearer" } where it takes tokens of the IAM, "query" for REANA 0.9: docs/operations.md.',
            id="workflows.E001",
        )
        for server in services(ServiceKind.REANA)
        if server.options.get("dialect") not in tuple(Dialect)
    ]
