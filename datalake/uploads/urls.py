"""Addresses of uploads into one lake."""

from django.urls import path

from datalake.uploads.views import pages, tus

app_name = "lake_uploads"
urlpatterns = [
    path("", pages.upload, name="upload"),
    path("list/", pages.uploads, name="uploads"),
    path("room/", pages.room, name="room"),
    path("check/", pages.check, name="check"),
    path("files/", tus.files, name="files"),
    path("files/<uuid:upload>/", tus.file, name="file"),
    path("files/<uuid:upload>/cancel/", pages.act, {"verb": "cancel"}, name="cancel"),
    path("files/<uuid:upload>/again/", pages.act, {"verb": "again"}, name="again"),
]
