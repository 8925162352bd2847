"""Template tags of the Data Lake."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from datalake.reads import accounts
from datalake.reads.errors import NoAccount, no_account_words
from vre_portal import access_requests
from vre_portal.http import RemoteError
from vre_portal.iam.models import User
from vre_portal.iam.vault import SignInAgain
from vre_portal.policies.asking import PoliciesFirst
from vre_portal.services import Service

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=10)  # a list has one in each of its rows, and there are three
def did_type(kind: str) -> SafeString:
    """File, dataset or container, as a word with its icon."""
    return render_to_string("datalake/type.html", {"type": kind})


@register.simple_tag
def why_public_only(trouble: RemoteError) -> str:
    """Why somebody who signed in sees public data only, in a sentence for them."""
    if not isinstance(trouble, NoAccount):
        return str(trouble)
    return no_account_words()


@dataclass(frozen=True)
class Link:
    """Where to go next."""

    address: str
    text: str


@register.simple_tag
def public_only_link(trouble: RemoteError) -> Link | None:
    """The link with which the person can solve it; None where there is none."""
    if isinstance(trouble, SignInAgain):
        return Link(reverse("account_login"), _("Sign in"))
    return Link(reverse("policies:accept"), _("Read and accept the policies")) if isinstance(trouble, PoliciesFirst) else None


@register.simple_tag
def access_request_page(lake: str, scope: str) -> str:
    """Where to request access to a restricted scope."""
    return access_requests.page_for(lake, scope)


@register.simple_tag(takes_context=True)
def has_lake_account(context: dict[str, Any], lake: Service) -> bool:
    """Whether the lake answers the person of this page, as far as the page or the last few minutes know; False for a visitor."""
    request = context["request"]
    if not isinstance(request.user, User):
        return False
    look, read = context.get("look"), getattr(request, "lake_reader", None)
    if (only_public := getattr(look, "only_public", None)) is not None:
        return not only_public
    return bool(read.is_personal) if read is not None else accounts.recent_answer(request.user, lake) is not False
