"""Addresses under /audit/."""

from django.urls import path

from vre_portal.audit import views

app_name = "audit"
urlpatterns = [path("", views.entries, name="entries")]
