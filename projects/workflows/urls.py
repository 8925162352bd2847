"""Addresses of a project's workflow runs."""

from django.urls import path

from projects.workflows import output_views, publication_views, views
from projects.workflows.entering import version_views
from projects.workflows.entering import views as entering

app_name = "workflows"
urlpatterns = [
    path("", views.index, name="index"),
    path("latest/", views.latest, name="recent"),
    path("new/", views.new, name="launch"),
    path("earlier/", publication_views.earlier, name="earlier"),
    path("specifications/new/", entering.new, name="enter"),
    path("specifications/entries/<int:pk>/", entering.entry, name="entry"),
    path("specifications/entries/<int:pk>/choose/", entering.choose, name="entry-choose"),
    path("specifications/<str:name>/", version_views.show, name="specification"),
    path("specifications/<str:name>/versions/", version_views.versions, name="versions"),
    path("specifications/<str:name>/compare/", version_views.compare, name="versions-compare"),
    path("specifications/<str:name>/edit/", version_views.edit, name="specification-edit"),
    path("specifications/<str:name>/update/", version_views.update, name="specification-update"),
    path("specifications/<str:name>/archive/", version_views.archive, name="specification-archive"),
    path("specifications/<str:name>/delete/", version_views.delete, name="specification-delete"),
    path("<int:number>/", views.run, name="run"),
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
