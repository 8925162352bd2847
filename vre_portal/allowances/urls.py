"""Addresses of what a person may use."""

from django.urls import path

from vre_portal.allowances import views

app_name = "allowances"
urlpatterns = [
    path("", views.index, name="index"),
    path("<str:key>/", views.part, name="part"),
]
