"""Addresses of catalog.software."""

from django.urls import URLPattern

app_name = "software"
urlpatterns: list[URLPattern] = []
