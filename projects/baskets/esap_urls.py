"""The address at which ESAP's clients look for a basket."""

from django.urls import path

from projects.baskets import esap

urlpatterns = [path("esap-api/accounts/user-profiles/", esap.profiles, name="esap-profiles")]
