"""Addresses of the wizard."""

from django.urls import path

from projects.onboarding import views

app_name = "onboarding"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.go_on, name="continue"),
    path("<int:pk>/review/", views.review, name="review"),
    path("<int:pk>/delete/", views.delete, name="delete"),
    path("<int:pk>/<slug:step>/", views.step, name="step"),
    path("<int:pk>/<slug:step>/matches/", views.matches, name="matches"),
]
