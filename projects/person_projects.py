"""The public projects of a person, for the page on which they chose to be shown."""

from collections.abc import Iterator

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from projects.models import Project
from vre_portal import pages
from vre_portal.iam.models import User
from vre_portal.iam.profiles.related import RelatedLink

MAX_PROJECTS = 50


def public_projects(_reader: User | AnonymousUser, person: User) -> Iterator[RelatedLink]:
    """Public projects that name the person; what comes from a group is nobody's to tell."""
    if opens_at := Project.objects.next_opening():
        pages.expires_in((opens_at - timezone.now()).total_seconds())
    named = Project.objects.public().filter(memberships__user=person)
    for project in named.order_by("title", "slug")[:MAX_PROJECTS]:
        yield RelatedLink(project.title, project.get_absolute_url(), project.summary)
