"""Addresses under /me/."""

from django.urls import path

from vre_portal.iam import session_views, views

app_name = "iam"
urlpatterns = [
    path("", views.me, name="me"),
    path("welcome/", views.welcome, name="welcome"),
    path("sessions/", session_views.sessions, name="sessions"),
]
