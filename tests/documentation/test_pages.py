"""The documentation as pages: every file and link of docs/, for everybody, sanitised; what is missing is said."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from vre_portal.documentation import library, markdown

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(file.relative_to(ROOT / "docs").with_suffix("").as_posix() for file in (ROOT / "docs").rglob("*.md"))
pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf(settings: Any, tmp_path: Path) -> Path:
    """A documentation of the test's own."""
    folder = tmp_path / "docs"
    (folder / "decisions").mkdir(parents=True)
    (folder / "index.md").write_text("# All\n\n- [Second](second.md)\n- [Decisions](decisions/)\n")
    (folder / "first.md").write_text("# First\n\nWords.\n")
    (folder / "second.md").write_text("# Second\n\nMore.\n")
    (folder / "decisions" / "one.md").write_text("# One\n")
    (tmp_path / "README.md").write_text("# Read me\n")
    settings.DOCS_DIR = str(folder)
    return folder


def get(path: str) -> str:
    reply = Client().get(path)
    assert reply.status_code == 200, path
    return reply.content.decode()


def test_every_file_is_a_page_and_every_link_between_them_works() -> None:
    client, seen, todo = Client(), set(), ["/docs/"]
    while todo:
        where = todo.pop()
        if where in seen:
            continue
        seen.add(where)
        reply = client.get(where)
        assert reply.status_code == 200, where
        if reply.streaming:
            continue
        text = reply.content.decode()
        marks = set(re.findall(r' id="([^"]+)"', text))
        body = text.split("<main", 1)[1].split("</main>")[0]
        assert all(mark in marks for mark in re.findall(r'href="#([^"]+)"', body)), where
        todo += [aim.split("#")[0] for aim in re.findall(r'(?:href|src)="(/docs/[^"]*)"', body)]
    assert {f"/docs/{name}/" for name in NAMES if name != "index"} - seen == set()
    assert "/docs/files/picture.svg" in seen
    assert "/docs/decisions/" in seen


def test_a_link_to_a_mark_of_another_page_finds_it() -> None:
    pages = {page.address: page for page in library.all_pages()}
    marks = {where: set(re.findall(r' id="([^"]+)"', page.html)) for where, page in pages.items()}
    aims = [aim for page in pages.values() for aim in re.findall(r'href="(/docs/[^"#]*)#([^"]+)"', page.html)]
    assert aims
    assert [aim for aim in aims if aim[1] not in marks[aim[0]]] == []


def test_a_page_has_its_title_its_list_of_contents_and_its_place() -> None:
    text = get("/docs/operations/")
    title = (ROOT / "docs" / "operations.md").read_text().splitlines()[0].removeprefix("# ")
    assert f"<h1>{title}</h1>" in text
    assert f"<title>{title} · Documentation" in text
    assert text.count("<h1>") == 1
    assert re.search(r'<nav class="docs-contents".*?href="#[\w-]+"', text, re.DOTALL)
    assert re.search(r'aria-current="page">\s*' + re.escape(title), text)


def test_the_pages_beside_it_stand_as_the_first_page_names_them(shelf: Path) -> None:
    assert [page.name for page in library.pages()] == ["index", "second", "first"]
    assert [page.title for page in library.pages("decisions")] == ["One"]


def test_a_search_reads_titles_addresses_and_words_of_all_pages(shelf: Path) -> None:
    assert {(page.title, page.address, page.text) for page in library.all_pages()} >= {
        ("Second", "/docs/second/", "More."),
        ("One", "/docs/decisions/one/", ""),
    }
    assert len(library.all_pages()) == 4


def test_a_link_to_a_file_elsewhere_goes_to_the_source_where_there_is_one(shelf: Path, settings: Any) -> None:
    (shelf / "first.md").write_text("# First\n\n[read me](../README.md#settings) and [away](../../../etc/passwd)\n")
    text = get("/docs/first/")
    assert "<p>read me and away</p>" in text
    settings.SITE = {**settings.SITE, "source": "https://git.example/blob/main"}
    text = get("/docs/first/")
    assert 'href="https://git.example/blob/main/README.md#settings"' in text
    assert "passwd" not in text


def test_what_could_run_is_taken_out(shelf: Path) -> None:
    source = '# <b>T</b>\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![p](x.svg "t") [d](data:text/html,x)\n\n## A "B" <i>\n'
    (shelf / "first.md").write_text(source)
    text = get("/docs/first/").split("<article")[1].split("</article>")[0]
    assert "<script" not in text
    assert not re.search(r'(href|src)="(javascript|data):', text)
    assert "<h1>&lt;b&gt;T&lt;/b&gt;</h1>" in text
    assert 'src="/docs/files/x.svg"' in text


def test_headings_of_one_name_have_marks_of_their_own() -> None:
    made = markdown.render("# T\n\n## Same\n\n### Same\n\n## Same\n\n## !\n\n## Same 1\n", lambda target: None)
    marks = [("same", 2), ("same-1", 3), ("same-2", 2), ("part", 2), ("same-1-1", 2)]
    assert [(item.mark, item.level) for item in made.headings] == marks


def test_no_heading_takes_a_name_that_the_frame_of_pages_needs() -> None:
    for page in library.all_pages():
        names = re.findall(r'\sid="([^"]+)"', get(page.address))
        assert sorted(set(names)) == sorted(names), page.address


def test_a_page_is_read_again_when_its_file_changes(shelf: Path) -> None:
    assert "Words." in get("/docs/first/")
    (shelf / "first.md").write_text("# First\n\nOther words, longer.\n")
    assert "Other words" in get("/docs/first/")


@pytest.mark.parametrize(
    "path", ["nothing", "..", "../README", "decisions/../first", "%2e%2e/README", "Index", "decisions/nothing", "a" * 3000]
)
def test_nothing_beside_the_folder_is_a_page(shelf: Path, path: str) -> None:
    assert Client().get(f"/docs/{path}/").status_code == 404
    assert Client().get(f"/docs/files/{path}").status_code == 404


@pytest.mark.parametrize("path", ["first.md", "../README.md", "/etc/passwd", "picture.svg/", f"{'a' * 3000}.svg"])
def test_only_pictures_are_sent_as_files(shelf: Path, path: str) -> None:
    assert Client().get(f"/docs/files/{path}").status_code == 404


def test_a_picture_runs_nothing() -> None:
    reply = Client().get("/docs/files/picture.svg")
    assert reply["Content-Type"] == "image/svg+xml"
    assert "sandbox" in reply["Content-Security-Policy"]
    assert "script-src" not in reply["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/docs/", "/docs/help/", "/docs/decisions/"])
def test_an_installation_without_documentation_says_so(settings: Any, tmp_path: Path, path: str) -> None:
    settings.DOCS_DIR = str(tmp_path / "nothing")
    settings.SITE = {**settings.SITE, "source": "https://git.example/blob/main"}
    reply = Client().get(path)
    assert reply.status_code == 404
    assert "The documentation is not part of this installation." in reply.content.decode()
    assert "https://git.example/blob/main/docs/index.md" in reply.content.decode()
    assert library.all_pages() == []
    assert Client().get("/about/").status_code == 200


@pytest.mark.parametrize("path", ["/", "/status/", "/docs/", "/about/", "/projects/"])
def test_help_documentation_contact_and_about_are_one_step_from_everywhere(path: str) -> None:
    text = get(path)
    foot, menu = text.split("<footer")[1], text.split('class="menu menu-narrow"')[1].split("</details>")[0]
    for place in (foot, menu):
        for words, where in (("Help", "/docs/help/"), ("Documentation", "/docs/"), ("Contact", "/about/#contact"), ("About", "/about/")):
            assert f'<a href="{where}">{words}</a>' in place, words


def test_the_start_page_says_what_this_is_for_whom_and_who_runs_it(settings: Any) -> None:
    settings.SITE = {**settings.SITE, "name": "Sky portal", "audience": "neutrino astronomy", "operator": "Institute of the Sea"}
    for path in ("/", "/about/"):
        words = " ".join(get(path).split())
        assert "Sky portal is a Virtual Research Environment for neutrino astronomy, run by Institute of the Sea." in words
    assert 'href="/docs/help/"' in get("/").split("<main")[1].split("</main>")[0]


def test_about_names_whom_to_write_to_the_version_and_the_licences(settings: Any) -> None:
    settings.SITE = {**settings.SITE, "contact": "help@vre.example", "security_contact": "mailto:holes@vre.example"}
    text = get("/about/")
    for words in ('href="mailto:help@vre.example"', ">holes@vre.example<", settings.SITE["version"], "MIT", "OFL.txt", "icons.LICENSE"):
        assert words in text
    settings.SITE = {**settings.SITE, "contact": ""}
    assert "No address is configured." in get("/about/")


def test_an_installation_without_an_operator_is_called_local_and_run_by_nobody(settings: Any) -> None:
    settings.SITE = {**settings.SITE, "operator": "", "operator_url": ""}
    text = get("/")
    assert "Local installation" in text.split("<footer")[1]
    assert "run by" not in text.lower()
