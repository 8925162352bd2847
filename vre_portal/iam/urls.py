"""Addresses under /me/."""

from django.urls import path

from vre_portal.iam import views

app_name = "iam"
urlpatterns = [
    path("", views.me, name="me"),
    path("welcome/", views.welcome, name="welcome"),
]
