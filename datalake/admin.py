"""What was fetched without an account, as staff see it: sums, and nobody's address."""

from django.contrib import admin

from datalake.models import PublicDownload
from vre_portal.control import ReadOnly


@admin.register(PublicDownload)
class PublicDownloadAdmin(ReadOnly):
    """Sums by day, scope and kind."""

    list_display = ("day", "lake", "scope", "kind", "times", "bytes")
    list_filter = ("lake", "kind")
    search_fields = ("scope",)
    date_hierarchy = "day"
    fields = list_display
