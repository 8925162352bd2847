"""Addresses of a project's workflow runs."""

from django.urls import path

from projects.workflows import log_views, output_views, publication_views, views

app_name = "workflows"
urlpatterns = [
    path("", views.index, name="index"),
    path("latest/", views.latest, name="recent"),
    path("new/", views.new, name="launch"),
    path("earlier/", publication_views.earlier, name="earlier"),
    path("<int:number>/", views.run, name="run"),
    path("<int:number>/logs/<int:job>/", log_views.log, name="log"),
    path("<int:number>/stop/", views.stop, name="stop"),
    path("<int:number>/publish/", publication_views.publish, name="publish"),
    path("<int:number>/unpublish/", publication_views.unpublish, name="unpublish"),
    path("<int:number>/keep/", output_views.keep, name="keep"),
    path("<int:number>/kept/", output_views.keeps, name="keeps"),
    path("<int:number>/files/", output_views.files, name="files"),
    path("<int:number>/files/copy/", output_views.copy_files, name="copy-files"),
    path("<int:number>/files/<int:pk>/", output_views.file, name="file"),
    path("<int:number>/files/<path:name>", output_views.file_by_name, name="file-by-name"),
]
