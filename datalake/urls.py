"""Addresses of the Data Lake's pages; each one names its lake, and a DID's name may hold slashes."""

from django.urls import path

from datalake.browse.views import dids, lakes, rses, rules, stuck_rules
from datalake.files.views import bundles, direct, downloads
from datalake.operations.views import metadata
from datalake.pages import addresses  # noqa: F401 -- registers the parts of addresses

app_name = "datalake"
urlpatterns = [
    path("", lakes.index, name="index"),
    path("<slug:lake>/", lakes.lake, name="lake"),
    path("<slug:lake>/live/", lakes.live, name="live"),
    path("<slug:lake>/did/<lakepart:scope>/<didname:name>", dids.did, name="did"),
    path("<slug:lake>/download/<lakepart:scope>/<didname:name>", downloads.download, name="download"),
    path("<slug:lake>/direct/<lakepart:scope>/<didname:name>", direct.download, name="direct"),
    path("<slug:lake>/preview/<lakepart:scope>/<didname:name>", downloads.preview, name="preview"),
    path("<slug:lake>/metadata/<lakepart:scope>/<didname:name>", metadata.metadata, name="metadata"),
    path("<slug:lake>/zip/<lakepart:scope>/<didname:name>", bundles.zip_of, name="zip"),
    path("<slug:lake>/metalink/<lakepart:scope>/<didname:name>", bundles.metalink, name="metalink"),
    path("<slug:lake>/rules/", rules.rules, name="rules"),
    path("<slug:lake>/rules/<lakepart:rule>/", rules.rule, name="rule"),
    path("<slug:lake>/stuck-rules/", stuck_rules.stuck_rules, name="stuck-rules"),
    path("<slug:lake>/rses/", rses.rses, name="rses"),
    path("<slug:lake>/rses/<lakepart:name>/", rses.rse, name="rse"),
]
