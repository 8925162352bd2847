"""Addresses under /me/."""

from django.urls import path

from vre_portal.iam import activity_views, session_views, views

app_name = "iam"
urlpatterns = [
    path("", views.me, name="me"),
    path("activity/", activity_views.activity, name="activity"),
    path("welcome/", views.welcome, name="welcome"),
    path("sessions/", session_views.sessions, name="sessions"),
]
