"""Addresses under /me/."""

from django.urls import path

from vre_portal.iam import activity_views, identity_views, leaving_views, session_views, views

app_name = "iam"
urlpatterns = [
    path("", views.me, name="me"),
    path("export/", leaving_views.export, name="export"),
    path("erase/", leaving_views.erase, name="erase"),
    path("activity/", activity_views.activity, name="activity"),
    path("welcome/", views.welcome, name="welcome"),
    path("sessions/", session_views.sessions, name="sessions"),
    path("identities/", identity_views.identities, name="identities"),
]
