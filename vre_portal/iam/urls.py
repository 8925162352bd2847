"""Addresses under /me/."""

from django.urls import URLPattern

app_name = "iam"
urlpatterns: list[URLPattern] = []
