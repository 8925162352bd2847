"""Addresses of the environments."""

from django.urls import path

from catalog.environments.views import editing, entry, listing

app_name = "environments"
urlpatterns = [
    path("", listing.index, name="index"),
    path("new/", editing.new, name="new"),
    path("<slug:environment>/", entry.entry, name="entry"),
    path("<slug:environment>/versions/", entry.versions, name="versions"),
    path("<slug:environment>/uses/", entry.uses, name="uses"),
    path("<slug:environment>/tests/", entry.tests, name="tests"),
    path("<slug:environment>/edit/", editing.edit, name="edit"),
    path("<slug:environment>/test/", editing.test, name="test"),
    path("<slug:environment>/registry/", editing.ask_registry, name="ask-registry"),
]
