"""One line of Markdown as HTML that went through the sanitiser, such as the text of a banner."""

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import validateLink

from vre_portal.markdown_links import with_links

TAGS, MAX_LENGTH = {"a", "code", "em", "strong", "s"}, 2_000


def render(source: str) -> SafeString:
    """One line as HTML: emphasis, code and links, also of addresses as they are typed. Pictures and HTML are shown as their words."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("strikethrough").disable("image")
    reader.validateLink = _is_clear  # type: ignore[method-assign, assignment]
    tokens = reader.parseInline(" ".join(source[:MAX_LENGTH].split()))
    for token in tokens:
        token.children = with_links(reader, token.children or [])
    html = reader.renderer.render(tokens, reader.options, {})
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
    )
    return mark_safe(clean)  # noqa: S308 -- the sanitiser wrote it


def _is_clear(address: str) -> bool:
    """Whether a link says where it leads: not one of the kind `//host`, which looks like a page of the portal."""
    return validateLink(address) and not address.startswith("//")
