"""What the lake's index says of references, for readers who may know it, and the catalogue of environments of container images."""

from collections.abc import Iterable, Sequence

from django.contrib.auth.models import AnonymousUser

from datalake.index.did_facts import DidKey, facts_of
from projects import audience
from projects.models import Resource
from vre_portal import pages
from vre_portal.iam.models import User
from vre_portal.listed_images import listed

FACTS_SECONDS = 60  # for which a public page with sizes is kept at most: what waits to be indexed has no version

OF_REFERENCES = ("lake_sums", "lake_names", "environments")  # what a kept page depends on that shows sizes of references, and environments


def with_index(user: User | AnonymousUser, resources: Sequence[Resource]) -> None:
    """Give each reference to data what the index has of it, in two or three questions for all, and each image its environment; no lake is asked."""
    images = [item for item in resources if item.kind == Resource.Kind.ENVIRONMENT]
    environments = listed(item.identifier for item in images)
    for item in images:
        item.listed = environments.get(item.identifier)
    origins = {item.origin for item in resources if item.origin is not None}
    known = {origin for origin in origins if audience.can_see_facts(user, origin)}
    keys = {item.pk: key_of(item) for item in resources if item.origin in known}
    if not keys:
        return
    pages.expires_in(FACTS_SECONDS)
    facts = facts_of(keys.values(), collections=frozenset(keys[item.pk] for item in _collections(resources) if item.pk in keys))
    for item in resources:
        if item.pk in keys:
            item.indexed = facts.get(keys[item.pk])


def key_of(resource: Resource) -> DidKey:
    """The DID as the index names it."""
    scope, _, name = resource.identifier.partition(":")
    return DidKey(resource.service, scope, name)


def _collections(resources: Iterable[Resource]) -> Iterable[Resource]:
    """Those that are known to be datasets or containers."""
    return (item for item in resources if item.kind == Resource.Kind.RESULT or item.facts.get("type") in ("DATASET", "CONTAINER"))
