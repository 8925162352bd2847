"""The settings of a project: texts that two tabs do not overwrite, pictures that are drawn anew, and who sees it."""

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from projects.editing import pictures, services
from projects.editing.forms import TextForm
from projects.models import Membership, Project, Role
from tests.factories import make_project, make_resource
from tests.projects.confirming import confirm
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
HERE = "/projects/km3net/settings/"


@pytest.fixture
def project(people: dict[str, User], settings: Any, tmp_path: Path) -> Project:
    settings.MEDIA_ROOT = str(tmp_path)
    return make_project(slug="km3net", title="KM3NeT", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})


def texts(project: Project, **changes: str) -> dict[str, str]:
    """The form as the page gives it, with changes."""
    return {**TextForm.of(project).typed(), "version": services.version(project), **changes}


def test_a_lead_changes_the_texts(signed_in: SignIn, project: Project) -> None:
    sent = {"title": "Neutrinos", "experiments": "KM3NeT\n\n ANTARES \nKM3NeT", "description": "# Why\r\nbecause", "licence": "CC-BY-4.0"}
    reply = signed_in("lead").post(HERE, texts(project, **sent), follow=True)
    assert "Saved." in reply.content.decode()
    project.refresh_from_db()
    assert (project.title, project.experiments, project.description) == ("Neutrinos", ["KM3NeT", "ANTARES"], "# Why\nbecause")
    assert AuditEntry.objects.get(action="project.edit").facts["fields"] == ["title", "description", "experiments", "licence"]


def test_a_preview_is_what_the_page_will_show_and_saves_nothing(signed_in: SignIn, project: Project) -> None:
    sent = texts(project, description="**bold** <script>alert(1)</script>", do="preview")
    body = signed_in("lead").post(HERE, sent).content.decode()
    assert "<strong>bold</strong>" in body
    assert "<script>alert" not in body
    assert "**bold** &lt;script&gt;" in body  # what was typed is kept
    project.refresh_from_db()
    assert project.description == ""


def test_two_tabs_do_not_overwrite_each_other_and_nothing_typed_is_lost(signed_in: SignIn, project: Project) -> None:
    lead, stale = signed_in("lead"), texts(project)
    lead.post(HERE, {**stale, "title": "First tab"})
    reply = lead.post(HERE, {**stale, "title": "Second tab", "summary": "What I wrote for an hour"})
    body = reply.content.decode()
    assert reply.status_code == 409
    assert "First tab" in body
    assert 'value="Second tab"' in body
    assert "What I wrote for an hour" in body
    project.refresh_from_db()
    assert project.title == "First tab"
    knowing = texts(project, title="Second tab")
    assert knowing["version"] in body
    assert lead.post(HERE, knowing).status_code == 302


def test_a_form_that_is_sent_twice_is_no_conflict_with_itself(signed_in: SignIn, project: Project) -> None:
    lead, sent = signed_in("lead"), texts(project, title="Neutrinos")
    assert [lead.post(HERE, sent).status_code for _ in range(2)] == [302, 302]
    assert AuditEntry.objects.filter(action="project.edit").count() == 1


def test_other_changes_of_the_project_are_no_conflict(signed_in: SignIn, project: Project) -> None:
    lead, opened = signed_in("lead"), texts(project)
    confirm(lead, f"{HERE}visibility/", {"visibility": "public"})
    assert lead.post(HERE, {**opened, "title": "Still mine"}).status_code == 302


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "x" * 201},
        {"title": "\0"},
        {"summary": "x" * 301},
        {"experiments": "x" * 201},
        {"institutes": "\n".join(map(str, range(61)))},
        {"experiments": "a\0b"},
        {"citation": "Somebody et al."},
        {"description": "x" * 50_001},
        {"version": ""},
        {"title": "Neutrinos\u202e"},
        {"title": "\u200b\u2060"},
        {"summary": "one\x07two"},
        {"keywords": "a\u2066b"},
        {"stage": "nosuch"},
        {"licence": "free for all"},
        {"repository": "javascript:alert(1)"},
        {"repository": "https://user:secret@example.org/x"},
        {"website": "ftp://example.org/"},
        {"website": "https://example.org/?token=abc"},
        {"repository": "https://git.example.org/a/b?private_token=abc"},
        {"contacts": "Ann | lead | https://example.org/?sig=abc"},
        {"contacts": "Ann | lead | nowhere"},
        {"contacts": " | lead"},
        {"funding": "EU | 1 | a | b"},
        {"funding": "x" * 201},
        {"institutes": "DESY | 01js2sh05"},
        {"institutes": "https://ror.org/01js2sh05"},
        {"institutes": "https://ror.org/05gqaka33"},
    ],
)
def test_what_cannot_be_saved_is_said_and_kept(signed_in: SignIn, project: Project, wrong: dict[str, str]) -> None:
    reply = signed_in("lead").post(HERE, texts(project, contact="typed", **wrong))
    assert reply.status_code == 400
    assert 'value="typed"' in reply.content.decode()
    project.refresh_from_db()
    assert project.contact == ""


def test_all_that_describes_a_project_is_saved_by_one_button(signed_in: SignIn, project: Project) -> None:
    sent = {
        "theme": "Dark Matter", "further_themes": "Dark Matter\nCosmic rays", "keywords": "neutrinos, point sources\nneutrinos", "stage": "analysis",
        "institutes": "CERN\nA small one\nhttps://ror.org/01js2sh04\nMine | https://ror.org/05gqaka33/",
        "contacts": "Ann Example | analysis | ann@example.org\nThe list | list@example.org", "repository": "https://git.example.org/x",
        "website": "http://example.org/", "licence": "mit or apache-2.0", "funding": "EU | 824064 | ESCAPE\nDFG",
    }  # fmt: skip
    lead = signed_in("lead")
    assert lead.post(HERE, texts(project, **sent)).status_code == 302
    project.refresh_from_db()
    assert (project.themes, project.keywords, project.stage) == (["Dark Matter", "Cosmic rays"], ["neutrinos", "point sources"], "analysis")
    assert project.institutes == ["CERN", "A small one", "Deutsches Elektronen-Synchrotron DESY", "Mine"]
    assert project.institute_rors == {"CERN": "01ggx4157", "Deutsches Elektronen-Synchrotron DESY": "01js2sh04", "Mine": "05gqaka33"}
    assert [(item.name, item.role, item.url) for item in project.contact_list] == [
        ("Ann Example", "analysis", "mailto:ann@example.org"),
        ("The list", "", "mailto:list@example.org"),
    ]
    assert (project.repository, project.licence) == ("https://git.example.org/x", "MIT OR Apache-2.0")
    assert project.funding == [{"funder": "EU", "number": "824064", "title": "ESCAPE"}, {"funder": "DFG"}]
    assert (
        lead.post(HERE, texts(project), follow=True).content.decode().count("Nothing was changed.") == 1
    )  # what the form shows is what is kept


def test_a_licence_that_was_typed_before_is_kept_as_it_is(signed_in: SignIn, project: Project) -> None:
    Project.objects.update(licence="As agreed with the collaboration")
    project.refresh_from_db()
    assert signed_in("lead").post(HERE, texts(project, title="Other")).status_code == 302
    assert "As agreed with the collaboration" in signed_in("member").get("/projects/km3net/").content.decode()


def test_a_stage_that_is_configured_no_more_stays_until_somebody_changes_it(signed_in: SignIn, project: Project, settings: Any) -> None:
    settings.PROJECT_STAGES = ["design", "data"]
    Project.objects.update(stage="analysis")
    project.refresh_from_db()
    lead = signed_in("lead")
    assert lead.post(HERE, texts(project, title="Other")).status_code == 302
    project.refresh_from_db()
    assert project.stage == "analysis"
    assert lead.post(HERE, texts(project, stage="design")).status_code == 302
    assert lead.post(HERE, texts(project, stage="interpretation")).status_code == 400


def test_a_text_of_four_megabytes_is_answered_with_both_numbers_and_kept(signed_in: SignIn, project: Project) -> None:
    reply = signed_in("lead").post(HERE, texts(project, description="x" * 4_000_000, summary="kept"))
    body = reply.content.decode()
    assert reply.status_code == 400
    assert "at most 50000 characters. Your text has 4000000." in body
    assert "x" * 4_000_000 in body
    assert ">\nkept</textarea>" in body or ">kept</textarea>" in body


def test_the_browser_cuts_nothing_that_is_pasted(signed_in: SignIn, project: Project) -> None:
    form = signed_in("lead").get(HERE).content.decode().split('id="main"')[1].split("</main>")[0]
    assert "maxlength" not in form


def test_a_conflict_shows_both_texts_line_by_line_and_names_only_what_differs(signed_in: SignIn, project: Project) -> None:
    lead = signed_in("lead")
    lead.post(HERE, texts(project, description="one\ntwo\nthree", keywords="a"))
    project.refresh_from_db()
    stale = texts(project)
    lead.post(HERE, texts(project, description="one\nTWO\nthree", funding="EU | 1"))
    reply = lead.post(HERE, {**stale, "description": "one\r\n2\r\nthree", "keywords": "a"})
    body = reply.content.decode()
    assert reply.status_code == 409
    assert "<del>TWO</del>" in body
    assert "<ins>2</ins>" in body
    assert "<del>EU | 1</del>" in body
    assert "<del>one</del>" not in body
    assert "<h2>Keywords</h2>" not in body
    assert "two" not in Project.objects.get(pk=project.pk).description  # the other's text stands


def test_picture_and_visibility_have_pages_of_their_own_and_the_texts_have_one_form(signed_in: SignIn, project: Project) -> None:
    lead = signed_in("lead")
    main = lead.get(HERE).content.decode().split("<main")[1].split("</main>")[0]
    assert main.count("<form") - main.count('class="follow"') == 1
    assert main.count('value="save"') == 2  # above and below
    for part, words in (("picture/", 'type="file"'), ("visibility/", "Make project public")):
        assert words not in main
        assert words in lead.get(f"{HERE}{part}").content.decode()


def test_who_may_not_edit_sees_no_settings(signed_in: SignIn, project: Project) -> None:
    for name, status in (("member", 403), ("outsider", 404), ("anonymous", 302)):
        for part in ("", "visibility/", "picture/"):
            assert signed_in(name).post(f"{HERE}{part}", {**texts(project, title="Mine"), "visibility": "public"}).status_code == status
    assert "Settings" not in signed_in("member").get("/projects/km3net/").content.decode()
    project.refresh_from_db()
    assert (project.title, project.is_public) == ("KM3NeT", False)


def test_it_is_said_what_going_public_shows_before_it_is_done(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    make_resource(project)
    Membership.objects.create(project=project, user=people["newcomer"], role=Role.VIEWER)
    lead = signed_in("lead")
    body = lead.get(f"{HERE}visibility/", {"visibility": "public"}).content.decode()
    for words in (
        "visitors without an account",
        "<strong>1</strong>: <bdi>KM3NET_ECAP_SP:",
        "Lena Lead",
        "The name of 1 other person",
    ):
        assert words in body
    project.refresh_from_db()
    assert not project.is_public
    confirm(lead, f"{HERE}visibility/", {"visibility": "public"})
    assert signed_in("anonymous").get("/projects/km3net/").status_code == 200
    assert "page not found" in lead.get(f"{HERE}visibility/", {"visibility": "members"}).content.decode()
    lead.post(f"{HERE}visibility/", {"visibility": "members"})
    assert signed_in("anonymous").get("/projects/km3net/").status_code == 404
    assert [entry.facts["now"] for entry in AuditEntry.objects.filter(action="project.visibility").order_by("number")] == [
        "public",
        "members",
    ]


def test_an_embargo_is_said_and_ends_when_a_lead_decides(signed_in: SignIn, project: Project) -> None:
    Project.objects.update(embargo_until=timezone.now() + timedelta(days=3))
    lead = signed_in("lead")
    assert "becomes public automatically" in lead.get(HERE).content.decode()
    confirm(lead, f"{HERE}visibility/", {"visibility": "public"})
    lead.post(f"{HERE}visibility/", {"visibility": "members"})
    assert "becomes public automatically" not in lead.get(HERE).content.decode()
    project.refresh_from_db()
    assert (project.is_public, project.embargo_until) == (False, None)


def drawn(kind: str, size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: Any) -> bytes:
    made = io.BytesIO()
    Image.new(mode, size).save(made, kind, **options)
    return made.getvalue()


def sent(client: Client, content: bytes, name: str = "p.png", **more: str) -> int:
    file = SimpleUploadedFile(name, content, content_type="image/png")
    return client.post(f"{HERE}picture/", {"picture": file, "picture_description": "A sky", **more}).status_code


def test_a_picture_is_drawn_anew_without_what_it_hides(signed_in: SignIn, project: Project, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Secret camera"
    assert sent(signed_in("lead"), drawn("JPEG", (3000, 1000), exif=exif) + b"<script>hidden</script>", "../../x.php") == 302
    project.refresh_from_db()
    kept = Path(project.picture.path)
    assert kept.parent == tmp_path / "projects"
    assert kept.suffix == ".jpg"
    assert b"Secret" not in kept.read_bytes()
    assert b"script" not in kept.read_bytes()
    with Image.open(kept) as picture:
        assert picture.size == (533, 1600)  # upright, and no larger than needed
    assert signed_in("member").get("/projects/km3net/picture")["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize(
    ("kind", "mode", "suffix"), [("PNG", "RGBA", ".png"), ("PNG", "P", ".jpg"), ("WEBP", "RGB", ".jpg"), ("PNG", "I;16", ".jpg")]
)
def test_each_kind_of_picture_becomes_one_that_every_browser_shows(kind: str, mode: str, suffix: str) -> None:
    content, given = pictures.redrawn(io.BytesIO(drawn(kind, mode=mode)))
    assert given == suffix
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        drawn("GIF"),
        drawn("TIFF"),
        drawn("PNG")[:40],
        drawn("JPEG", (400, 400))[:300],
        drawn("PNG", (20_000, 2_001), mode="1"),
    ],
    ids=["empty", "text", "svg", "gif", "tiff", "cut png", "cut jpeg", "too many pixels"],
)
def test_what_is_no_good_picture_is_refused(signed_in: SignIn, project: Project, content: bytes) -> None:
    assert sent(signed_in("lead"), content) == 400
    project.refresh_from_db()
    assert not project.picture


def test_a_file_that_is_too_large_is_refused(signed_in: SignIn, project: Project) -> None:
    assert sent(signed_in("lead"), drawn("PNG") + bytes(pictures.LARGEST)) == 400


def test_an_old_picture_goes_with_the_new_one_and_both_can_be_removed(
    signed_in: SignIn, project: Project, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    lead = signed_in("lead")
    with django_capture_on_commit_callbacks(execute=True):
        sent(lead, drawn("PNG"))
        sent(lead, drawn("PNG"))
    assert len(list((tmp_path / "projects").iterdir())) == 1
    lead.post(f"{HERE}picture/", {"picture_description": "Other words"})
    project.refresh_from_db()
    assert project.picture_description == "Other words"
    with django_capture_on_commit_callbacks(execute=True):
        lead.post(f"{HERE}picture/", {"do": "remove"})
    project.refresh_from_db()
    assert not project.picture
    assert list((tmp_path / "projects").iterdir()) == []
