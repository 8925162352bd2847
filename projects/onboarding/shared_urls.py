"""The address of a plan that was shared by a link."""

from django.urls import path

from projects.onboarding import plan_sharing_views

urlpatterns = [path("<str:secret>/", plan_sharing_views.shared, name="plan-shared")]
