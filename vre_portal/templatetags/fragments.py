"""`{% remember project=project is_public=project.is_public %}…{% endremember %}`: a part that is rendered once for all who get the same."""

from itertools import count
from typing import Any, override

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.template.context import Context
from django.utils.translation import get_language

from vre_portal import pages
from vre_portal.fragments import NotAKey, ShortRequest, filled, fragments, key_of, place_of

register = template.Library()
_numbers = count()  # of the parts of templates: two with the same values are two
CSRF_VARIABLE, FULL_PATH = "csrf_token", "full_path"  # what differs with each page, and is put in at the end


@register.filter
def in_short(request: object) -> ShortRequest:
    """The request as the frame of pages needs it; pages of errors may be made without one."""
    return ShortRequest(request if isinstance(request, HttpRequest) else None)


class RememberNode(template.Node):
    """The part, from memory where it was rendered with the same values within the last minute."""

    child_nodelists = ("nodelist",)

    def __init__(self, nodelist: NodeList, values: dict[str, FilterExpression], determined: FilterExpression | None) -> None:
        self.nodelist, self.values, self.determined = nodelist, values, determined
        self.number = next(_numbers)

    @override
    def render(self, context: Context) -> str:
        values = {name: expression.resolve(context) for name, expression in self.values.items()}
        key = self.key(values)
        # A page that is kept for longer than a part is made of nothing that may be a minute old.
        part = None if settings.DEBUG or key is None or pages.is_measured() else fragments.get(key)
        if part is None:
            part = self.part(context, values)
            if key is not None:
                fragments.put(key, part)
        late = {CSRF_VARIABLE: context.get(CSRF_VARIABLE, "")} if place_of(CSRF_VARIABLE) in part else {}
        if place_of(FULL_PATH) in part:
            late[FULL_PATH] = request.get_full_path() if (request := context.get("request")) else "/"
        return filled(part, late)

    def key(self, values: dict[str, Any]) -> tuple[Any, ...] | None:
        """None where one of the values does not say all that it holds."""
        try:
            return (self.number, get_language(), *(key_of(value) for value in values.values()))
        except NotAKey:
            return None

    def part(self, context: Context, values: dict[str, Any]) -> str:
        """Rendered with the named values and nothing else of the page."""
        more = self.determined.resolve(context) if self.determined else {}
        alone = context.new({**more, **values, CSRF_VARIABLE: place_of(CSRF_VARIABLE)})
        alone.render_context = context.render_context
        return str(self.nodelist.render(alone))


@register.tag
def remember(parser: Parser, token: Token) -> RememberNode:
    """A part of a page with the values that it is made of, as name=value; raises TemplateSyntaxError where something else is given.

    `for context` at the end names a dictionary, or a function that makes it, whose items the values determine: it is looked at only where
    the part has to be rendered. Among the values are then the person, where it is about one, and the `part_version` of what it shows.
    """
    words = token.split_contents()[1:]
    determined = parser.compile_filter(words.pop()) if words[-2:-1] == ["for"] else None
    if determined is not None:
        words.pop()
    values = token_kwargs(words, parser)
    if words:
        raise template.TemplateSyntaxError(f"remember takes name=value, not {words[0]}")
    nodelist = parser.parse(("endremember",))
    parser.delete_first_token()
    return RememberNode(nodelist, values, determined)
