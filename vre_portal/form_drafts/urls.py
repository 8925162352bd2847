"""Addresses of kept forms."""

from django.urls import path

from vre_portal.form_drafts import views

app_name = "kept"
urlpatterns = [path("<uuid:key>/", views.words, name="words")]
