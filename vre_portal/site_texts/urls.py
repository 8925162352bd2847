"""Addresses of the pages on which staff edit the texts of the portal."""

from django.urls import path

from vre_portal.site_texts import views

app_name = "site-texts"
urlpatterns = [
    path("", views.index, name="index"),
    path("<slug:text_name>/", views.edit, name="edit"),
    path("<slug:text_name>/history/", views.history, name="history"),
    path("<slug:text_name>/restore/", views.restore, name="restore"),
]
