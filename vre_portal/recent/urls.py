"""Addresses of what a person looked at last."""

from django.urls import path

from vre_portal.recent import views

app_name = "recent"
urlpatterns = [
    path("", views.index, name="index"),
    path("latest/", views.latest, name="latest"),
    path("clear/", views.clear, name="clear"),
    path("switch/", views.switch, name="switch"),
]
