"""Which texts can be edited, and what each says until somebody edits it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MAX_LINE, MAX_TEXT = 300, 20_000


@dataclass(frozen=True)
class TextBlock:
    """A text: one line without marks, or Markdown; `default` gives it as it is before it is edited."""

    name: str
    title: str | Promise
    default: Callable[[], str]
    help: str | Promise = ""
    is_line: bool = False

    @property
    def max_length(self) -> int:
        """How long it may be."""
        return MAX_LINE if self.is_line else MAX_TEXT


def _headline() -> str:
    return _("One workspace for %(audience)s") % {"audience": settings.SITE["audience"]}


def _tagline() -> str:
    return settings.SITE["tagline"] or _("Find data, run analyses and publish results with your collaboration.")


def _how_to_join() -> str:
    return _(
        "Everybody can see the public projects. To launch workflows, open notebooks and keep results, sign in with your experiment's "
        "account. If your group is already a member of a project, you have access at once; otherwise open the project and choose “Ask to join”."
    )


def _operator() -> str:
    name, address = settings.SITE["operator"], settings.SITE["operator_url"]
    if not name:
        return _("This is a local installation.")
    return _("Run by %(operator)s.") % {"operator": f"[{name}]({address})" if address else name}


def _references() -> str:
    return _(
        "- [Rucio documentation](https://rucio.github.io/documentation/): the software of the Data Lake\n"
        "- [REANA documentation](https://docs.reana.io/): the software that runs workflows\n"
        "- [JupyterHub documentation](https://jupyterhub.readthedocs.io/): the software that starts notebooks\n"
        "- [INDIGO IAM documentation](https://indigo-iam.github.io/): the software for accounts and groups\n"
    )


_MARKDOWN = gettext_lazy("Markdown: lists, links, tables. HTML is shown as text.")
_LINE = gettext_lazy("One line, without Markdown.")
BLOCKS = {
    block.name: block
    for block in (
        TextBlock("headline", gettext_lazy("Start page: headline"), _headline, _LINE, is_line=True),
        TextBlock("tagline", gettext_lazy("Start page: sentence below the headline"), _tagline, _LINE, is_line=True),
        TextBlock(
            "researchers",
            gettext_lazy("Start page: for researchers"),
            lambda: _("Find published data, look at them in the browser and use them in your analysis."),
            _LINE,
            is_line=True,
        ),
        TextBlock(
            "leads",
            gettext_lazy("Start page: for project leads"),
            lambda: _("Bring the people, data, software and results of your research question together in one project."),
            _LINE,
            is_line=True,
        ),
        TextBlock(
            "learners",
            gettext_lazy("Start page: for learners"),
            lambda: _("Follow an analysis step by step: from the data to the published result."),
            _LINE,
            is_line=True,
        ),
        TextBlock(
            "providers",
            gettext_lazy("Start page: for service providers"),
            lambda: _("Connect your storage, your computing or your software to the projects."),
            _LINE,
            is_line=True,
        ),
        TextBlock("joining", gettext_lazy("How to join"), _how_to_join, _MARKDOWN),
        TextBlock("operator", gettext_lazy("Who runs this site"), _operator, _MARKDOWN),
        TextBlock("meetings", gettext_lazy("Meetings and contacts"), lambda: "", _MARKDOWN),
        TextBlock("references", gettext_lazy("References"), _references, _MARKDOWN),
    )
}
