"""Addresses of the wizard."""

from django.urls import path

from projects.onboarding import review_views, step_views, views

app_name = "onboarding"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", step_views.new, name="new"),
    path("examples/<str:name>/", views.example, name="example"),
    path("<int:pk>/", views.go_on, name="continue"),
    path("<int:pk>/review/", review_views.review, name="review"),
    path("<int:pk>/again/", views.again, name="again"),
    path("<int:pk>/delete/", views.delete, name="delete"),
    path("<int:pk>/<slug:step>/", step_views.step, name="step"),
    path("<int:pk>/<slug:step>/matches/", step_views.matches, name="matches"),
]
