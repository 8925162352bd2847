"""Words of the field in templates, with what they mean."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from vre_portal.documentation import glossary, library

register = template.Library()


@register.simple_tag
def term(name: str, shown: str = "") -> SafeString:
    """A term that leads to its line in the glossary and shows it when it is pointed at; plain text where there is none."""
    found = glossary.term(name)
    if found is None:
        return format_html("{}", shown or name)
    address = f"{library.address_of(glossary.NAME)}#{found.mark}"
    return format_html('<dfn><a class="term" href="{}" title="{}">{}</a></dfn>', address, found.meaning, shown or name)
