"""Addresses of a person's own webhooks."""

from vre_portal.notices.webhooks.personal_place import place_for
from vre_portal.notices.webhooks.routes import patterns

app_name = "webhooks"
urlpatterns = patterns(place_for)
