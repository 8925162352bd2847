"""The policies as files: Markdown, with the version in the first line."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import nh3
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from markdown_it import MarkdownIt

NAMES = {"terms": _("Terms of use"), "privacy": _("Privacy"), "acceptable-use": _("Acceptable use")}


@dataclass(frozen=True)
class Policy:
    """One text in one version."""

    name: str
    title: str
    version: str
    text: str

    @property
    def html(self) -> SafeString:
        """The text through the sanitiser."""
        return mark_safe(nh3.clean(MarkdownIt("commonmark", {"html": False}).enable("table").render(self.text)))  # noqa: S308


def policy(name: str) -> Policy:
    """The text as it is now; a file without a line `Version: ...` on top has its checksum for a version."""
    content = (Path(settings.POLICIES_DIR) / f"{name}.md").read_text(encoding="utf-8")
    found = re.match(r"Version:[ \t]*(\S[^\n]{0,39})\n", content)
    version = found[1].strip() if found else hashlib.sha256(content.encode()).hexdigest()[:12]
    return Policy(name, str(NAMES[name]), version, content[found.end() :] if found else content)


def policies() -> list[Policy]:
    """All of them, in the order in which they are asked."""
    return [policy(name) for name in NAMES]
