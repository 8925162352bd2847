"""Addresses of a project's workflow runs."""

from django.urls import path

from projects.workflows import comparison_views, log_views, output_views, publication_views, views
from projects.workflows.deletion import views as deletion
from projects.workflows.entering import version_pages, version_views
from projects.workflows.entering import views as entering
from projects.workflows.inputs import data_views
from projects.workflows.inputs import views as input_views
from projects.workflows.launching import again_views, badge_views, hint_views, server_check_views, template_views
from projects.workflows.launching import views as launching_views
from projects.workflows.lists import views as lists
from projects.workflows.preflight import views as preflight_views
from projects.workflows.restarting import views as restarting
from projects.workflows.workspace import views as workspace

app_name = "workflows"
urlpatterns = [
    path("", lists.index, name="index"),
    path("compare/", comparison_views.show, name="compare"),
    path("latest/", views.latest, name="recent"),
    path("new/", launching_views.new, name="launch"),
    path("new/values.yaml", launching_views.values_file, name="launch-values"),
    path("new/inputs/", input_views.pick, name="launch-inputs"),
    path("new/inputs/upload/", input_views.upload, name="launch-upload"),
    path("new/before/", preflight_views.before, name="launch-before"),
    path("new/server-checks/", server_check_views.server_checks, name="launch-server-checks"),
    path("templates/", template_views.index, name="launch-templates"),
    path("templates/<int:pk>/", template_views.change, name="launch-template"),
    path("specifications/<str:name>/hints/", hint_views.hints, name="hints"),
    path("specifications/<str:name>/badge/", badge_views.page, name="badge"),
    path("specifications/<str:name>/badge.svg", badge_views.drawing, name="badge-drawing"),
    path("earlier/", publication_views.earlier, name="earlier"),
    path("specifications/new/", entering.new, name="enter"),
    path("specifications/entries/<int:pk>/", entering.entry, name="entry"),
    path("specifications/entries/<int:pk>/choose/", entering.choose, name="entry-choose"),
    path("specifications/entries/<int:pk>/discard/", entering.discard, name="entry-discard"),
    path("specifications/<str:name>/", version_views.show, name="specification"),
    path("specifications/<str:name>/versions/", version_views.versions, name="versions"),
    path("specifications/<str:name>/versions/<int:number>/", version_pages.version, name="versions-show"),
    path("specifications/<str:name>/versions/<int:number>/file/", version_pages.version_file, name="versions-file"),
    path("specifications/<str:name>/versions/<int:number>/restore/", version_views.restore, name="version-restore"),
    path("specifications/<str:name>/compare/", version_views.compare, name="versions-compare"),
    path("specifications/<str:name>/edit/", version_views.edit, name="specification-edit"),
    path("specifications/<str:name>/upload/", version_views.upload, name="specification-upload"),
    path("specifications/<str:name>/update/", version_views.update, name="specification-update"),
    path("specifications/<str:name>/another/", version_views.another, name="specification-another"),
    path("specifications/<str:name>/read-again/", version_views.read_again, name="specification-read-again"),
    path("specifications/<str:name>/archive/", version_views.archive, name="specification-archive"),
    path("specifications/<str:name>/delete/", version_views.delete, name="specification-delete"),
    path("<int:number>/", views.run, name="run"),
    path("<int:number>/describe/", lists.describe, name="describe"),
    path("<int:number>/logs/<int:job>/", log_views.log, name="log"),
    path("<int:number>/logs/<int:job>/fetch/", log_views.fetch, name="log-fetch"),
    path("<int:number>/stop/", views.stop, name="stop"),
    path("<int:number>/again/", again_views.run_again, name="again"),
    path("<int:number>/continue/", restarting.continue_run, name="continue"),
    path("<int:number>/delete/", deletion.delete, name="delete"),
    path("<int:number>/publish/", publication_views.publish, name="publish"),
    path("<int:number>/unpublish/", publication_views.unpublish, name="unpublish"),
    path("<int:number>/keep/", output_views.keep, name="keep"),
    path("<int:number>/kept/", output_views.keeps, name="keeps"),
    path("<int:number>/inputs/", data_views.inputs, name="inputs"),
    path("<int:number>/files/", output_views.files, name="files"),
    path("<int:number>/files/copy/", output_views.copy_files, name="copy-files"),
    path("<int:number>/files/list/", workspace.list_files, name="list-files"),
    path("<int:number>/files/folders/", workspace.browse, name="folders"),
    path("<int:number>/files/archive.zip", workspace.archive, name="files-archive"),
    path("<int:number>/files/<int:pk>/preview/", workspace.preview, name="file-preview"),
    path("<int:number>/files/<int:pk>/thumbnail/", output_views.thumbnail, name="file-thumbnail"),
    path("<int:number>/files/<int:pk>/", output_views.file, name="file"),
    path("<int:number>/files/<path:name>", output_views.file_by_name, name="file-by-name"),
]
