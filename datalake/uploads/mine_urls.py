"""A person's own uploads as a part of their dashboard."""

from django.urls import path

from datalake.uploads.views import mine

urlpatterns = [path("uploads/", mine.recent, name="uploads-recent")]
