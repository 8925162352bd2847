"""Downloads without an account in the staff pages: sums only, no addresses of people."""

from django.contrib import admin

from datalake.models import PublicDownload
from vre_portal.admin_site import ReadOnly


@admin.register(PublicDownload)
class PublicDownloadAdmin(ReadOnly):
    """Sums by day, scope and kind."""

    list_display = ("day", "lake", "scope", "kind", "times", "bytes")
    list_filter = ("lake", "kind")
    search_fields = ("scope",)
    date_hierarchy = "day"
    fields = list_display
