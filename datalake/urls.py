"""Addresses of datalake."""

from django.urls import URLPattern

app_name = "datalake"
urlpatterns: list[URLPattern] = []
