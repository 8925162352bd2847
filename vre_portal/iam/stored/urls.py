"""Addresses under /me/services/."""

from django.urls import path

from vre_portal.iam.stored import views

app_name = "stored"
urlpatterns = [path("", views.tokens, name="tokens"), path("delete/", views.delete, name="delete")]
