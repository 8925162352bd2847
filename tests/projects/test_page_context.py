"""What the frame of a project's pages reads is the project's, whatever the page is about."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from projects.page_context import project_context
from tests.factories import make_person, make_project


@pytest.mark.django_db
def test_no_page_gives_a_name_of_the_frame_another_meaning() -> None:
    project, request = make_project(lead=make_person("lead")), RequestFactory().get("/")
    request.user = AnonymousUser()
    for name in project_context(request, project, "results", own=1).keys() - {"own"}:
        with pytest.raises(TypeError):
            project_context(request, project, "results", **{name: True})
