"""Template words of the Data Lake."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=10)  # a list has one in each of its rows, and there are three
def did_type(kind: str) -> SafeString:
    """File, dataset or container, as a word with its icon."""
    return render_to_string("datalake/type.html", {"type": kind})
