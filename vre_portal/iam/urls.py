"""Addresses under /me/."""

from django.urls import path

from vre_portal.iam.account import activity_views, identity_views, session_views, views
from vre_portal.iam.personal_data import views as personal_data_views

app_name = "iam"
urlpatterns = [
    path("", views.me, name="me"),
    path("export/", personal_data_views.export, name="export"),
    path("erase/", personal_data_views.erase, name="erase"),
    path("activity/", activity_views.activity, name="activity"),
    path("welcome/", views.welcome, name="welcome"),
    path("sessions/", session_views.sessions, name="sessions"),
    path("identities/", identity_views.identities, name="identities"),
]
