"""Addresses of projects.notebooks."""

from django.urls import URLPattern

app_name = "notebooks"
urlpatterns: list[URLPattern] = []
