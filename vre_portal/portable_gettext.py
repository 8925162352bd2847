"""Texts and numbers for code that also runs where Django is not loaded, as in the process that reads previews: there they stay English."""

import sys


def gettext(message: str) -> str:
    """The text in the language of the page."""
    translation = sys.modules.get("django.utils.translation")
    return str(translation.gettext(message)) if translation else message


def ngettext(singular: str, plural: str, number: int) -> str:
    """The singular or plural text for the number, in the language of the page."""
    translation = sys.modules.get("django.utils.translation")
    if translation:
        return str(translation.ngettext(singular, plural, number))
    return singular if number == 1 else plural


def grouped(count: int) -> str:
    """A whole number with its thousands apart: 12,345 in English, 12.345 in German."""
    formats = sys.modules.get("django.utils.formats")
    return str(formats.number_format(count, force_grouping=True)) if formats else f"{count:,}"


def decimal(number: str) -> str:
    """A number such as 2.5 with the decimal mark of the language."""
    formats = sys.modules.get("django.utils.formats")
    return number.replace(".", str(formats.get_format("DECIMAL_SEPARATOR"))) if formats else number
