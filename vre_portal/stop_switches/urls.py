"""Addresses of the pages on which staff stop actions at services."""

from django.urls import path

from vre_portal.stop_switches import views

app_name = "stop-switches"
urlpatterns = [
    path("", views.index, name="index"),
    path("<int:pk>/off/", views.turn_off, name="off"),
    path("<str:kind>/<str:service_name>/<str:action>/", views.edit, name="edit"),
]
