"""Licences by their SPDX identifiers: a short list that forms offer, and the check of any other expression."""

from dataclasses import dataclass

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

MAX_LENGTH = 100  # characters of an expression


@dataclass(frozen=True)
class Licence:
    """A licence that a form offers, by its identifier and its name in SPDX."""

    identifier: str
    name: str


# Those that open data and software of the field use most; names as SPDX writes them.
OFFERED = (
    Licence("CC-BY-4.0", "Creative Commons Attribution 4.0 International"),  # untranslated: a name
    Licence("CC-BY-SA-4.0", "Creative Commons Attribution Share Alike 4.0 International"),  # untranslated: a name
    Licence("CC-BY-NC-4.0", "Creative Commons Attribution Non Commercial 4.0 International"),  # untranslated: a name
    Licence("CC0-1.0", "Creative Commons Zero v1.0 Universal"),  # untranslated: a name
    Licence("ODbL-1.0", "Open Data Commons Open Database License v1.0"),  # untranslated: a name
    Licence("MIT", "MIT License"),  # untranslated: a name
    Licence("BSD-3-Clause", 'BSD 3-Clause "New" or "Revised" License'),  # untranslated: a name
    Licence("Apache-2.0", "Apache License 2.0"),  # untranslated: a name
    Licence("GPL-3.0-or-later", "GNU General Public License v3.0 or later"),  # untranslated: a name
    Licence("LGPL-3.0-or-later", "GNU Lesser General Public License v3.0 or later"),  # untranslated: a name
    Licence("AGPL-3.0-or-later", "GNU Affero General Public License v3.0 or later"),  # untranslated: a name
    Licence("EUPL-1.2", "European Union Public License 1.2"),  # untranslated: a name
)
_NAMES = {licence.identifier: licence.name for licence in OFFERED}
_OPERATORS = frozenset({"AND", "OR", "WITH"})


def canonical(expression: str) -> str:
    """The expression with identifiers and operators as SPDX writes them; empty where it is not a valid one."""
    if len(expression) > MAX_LENGTH:
        return ""
    try:
        return str(canonicalize_license_expression(expression))
    except (InvalidLicenseExpression, RecursionError, ValueError):
        return ""


def name(identifier: str) -> str:
    """The name of a licence that is offered; empty for any other."""
    return _NAMES.get(identifier, "")


def address(expression: str) -> str:
    """The page of SPDX about a single licence; empty for a combined expression and for what is none."""
    if " " in expression or canonical(expression) != expression or expression.startswith("LicenseRef-"):
        return ""
    return f"https://spdx.org/licenses/{expression.removesuffix('+')}.html"


def identifiers(expression: str) -> list[str]:
    """The licences that a valid expression names, in order and once each."""
    words = expression.replace("(", " ").replace(")", " ").split()
    return list(dict.fromkeys(word for word in words if word not in _OPERATORS))
