"""Addresses of the pages on which staff edit the texts of the portal."""

from django.urls import path

from vre_portal.site_texts import views

app_name = "site-texts"
urlpatterns = [
    path("", views.index, name="index"),
    path("<slug:name>/", views.edit, name="edit"),
    path("<slug:name>/history/", views.history, name="history"),
    path("<slug:name>/restore/", views.restore, name="restore"),
]
