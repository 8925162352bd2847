"""Addresses of the webhooks of a project."""

from projects.webhooks.views import place_for
from vre_portal.notices.webhooks.routes import patterns

app_name = "project-webhooks"
urlpatterns = patterns(place_for)
