"""A fragment for the dashboard: the reader's own rules that are stuck, as the lake says it now."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from datalake import rucio
from datalake.pages.decorators import lake_page
from datalake.pages.readers import reader_for
from datalake.reads.errors import NoAccount
from vre_portal.http import RemoteError
from vre_portal.services import Service

SHOWN = 6


@lake_page
def stuck_rules(request: HttpRequest, lake: Service) -> HttpResponse:
    """A lake that does not answer, or does not know the reader, costs only this part: it is said in words."""
    rules: list[rucio.Rule] = []
    trouble = ""
    try:
        reader = reader_for(request, lake, _("list your stuck rules"))
        account = reader.fetch(rucio.whoami).result.required()
        rules = reader.fetch(rucio.list_all_rules, rucio.RuleFilter(account, "STUCK"), limit=SHOWN + 1).result.required()
    except NoAccount:
        trouble = _("You don't have an account at %(lake)s.") % {"lake": lake.title}
    except RemoteError as error:
        trouble = str(error)
    shown = [(item, reverse("datalake:rule", args=[lake.name, item.id])) for item in rules[:SHOWN]]
    context = {"lake": lake, "shown": shown, "more": len(rules) > SHOWN, "trouble": trouble}
    return render(request, "datalake/stuck_rules.html", context)
