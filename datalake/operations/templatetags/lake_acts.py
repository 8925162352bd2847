"""Addresses of operations on a DID, for the pages about it: a name may hold what a path cannot carry."""

from urllib.parse import urlencode

from django import template
from django.urls import reverse

from datalake.pages.addresses import did_address
from datalake.rucio import Did
from vre_portal.services import Service

register = template.Library()


@register.simple_tag
def did_route(view: str, lake: Service, did: Did) -> str:
    """`{% did_route "lake_acts:why" lake did %}`: the page of that name about this DID."""
    return did_address(view, lake.name, did.scope, did.name)


@register.simple_tag
def make_available(lake: Service, did: Did) -> str:
    """The wizard, with this DID in it."""
    return f"{reverse('lake_acts:make-available', args=[lake.name])}?{urlencode({'did': str(did)})}"
