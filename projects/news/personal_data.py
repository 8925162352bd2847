"""What a person's export has of news: whole only what they may see now."""

from django.db.models import Q, QuerySet

from projects.models import Project
from projects.news.models import NewsItem
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export


def readable(user: User, items: QuerySet[NewsItem]) -> QuerySet[NewsItem]:
    """News of the portal, and of the projects that the person sees."""
    return items.filter(Q(project=None) | Q(project__in=Project.objects.visible_to(user)))


data_export.register_limit(NewsItem, readable, always=("id", "created_at"))
