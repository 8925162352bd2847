"""Addresses of the Data Lake's pages; each one names its lake, and a DID's name may hold slashes."""

from django.urls import path, register_converter

from datalake.addresses import NameConverter
from datalake.views import bundles, dids, direct, files, lakes, metadata, rses, rules

register_converter(NameConverter, "didname")

app_name = "datalake"
urlpatterns = [
    path("", lakes.index, name="index"),
    path("<slug:lake>/", lakes.lake, name="lake"),
    path("<slug:lake>/live/", lakes.lake, name="live"),
    path("<slug:lake>/did/<str:scope>/<didname:name>", dids.did, name="did"),
    path("<slug:lake>/download/<str:scope>/<didname:name>", files.download, name="download"),
    path("<slug:lake>/direct/<str:scope>/<didname:name>", direct.download, name="direct"),
    path("<slug:lake>/preview/<str:scope>/<didname:name>", files.preview, name="preview"),
    path("<slug:lake>/metadata/<str:scope>/<didname:name>", metadata.metadata, name="metadata"),
    path("<slug:lake>/zip/<str:scope>/<didname:name>", bundles.zip_of, name="zip"),
    path("<slug:lake>/metalink/<str:scope>/<didname:name>", bundles.metalink, name="metalink"),
    path("<slug:lake>/rules/", rules.rules, name="rules"),
    path("<slug:lake>/rules/<str:rule>/", rules.rule, name="rule"),
    path("<slug:lake>/rses/", rses.rses, name="rses"),
    path("<slug:lake>/rses/<str:name>/", rses.rse, name="rse"),
]
