"""What a page asks a browser to fetch: one stylesheet, at most three scripts, fonts that are asked for at once."""

import re
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage

from vre_portal.static_names import SHEET, MissingPart, RememberingStorage, join

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PARTS = {path.name: path.read_text() for path in (ROOT / "static" / "css").glob("*.css")}


def test_only_the_frame_of_all_pages_names_a_stylesheet_and_it_names_one() -> None:
    sheets = {path.name: re.findall(r'rel="stylesheet"', path.read_text()) for path in TEMPLATES}
    assert {name: len(found) for name, found in sheets.items() if found} == {"base.html": 1}


def test_a_page_has_at_most_three_scripts_and_none_holds_up_the_page() -> None:
    scripts = {path.name: re.findall(r"<script\b[^>]*\bsrc=[^>]*>", path.read_text()) for path in TEMPLATES}
    shared = scripts.pop("base.html")
    assert len(shared) + 1 + max(map(len, scripts.values())) <= 3  # and htmx, which a tag of its own names
    assert all(" defer>" in script for found in (shared, *scripts.values()) for script in found)


def test_every_part_is_in_the_sheet_once() -> None:
    named = re.findall(r'@import url\("([\w-]+\.css)"\)', PARTS["portal.css"])
    assert sorted(named) == sorted(set(PARTS) - {"portal.css"})


def test_the_parts_are_joined_in_their_order_and_print_stays_for_paper() -> None:
    joined = join(PARTS["portal.css"], PARTS)
    assert "@import" not in joined
    places = [joined.index(PARTS[name]) for name in ("tokens.css", "base.css", "datalake.css", "did.css", "print.css")]
    assert places == sorted(places)
    assert f"@media print {{\n{PARTS['print.css']}}}" in joined


def test_a_part_that_is_missing_is_named() -> None:
    with pytest.raises(MissingPart, match=r"nowhere\.css"):
        join('@import url("nowhere.css");\n', {})


def test_what_is_collected_is_one_file_with_the_fonts_under_their_hashes_and_a_compressed_copy(tmp_path: Path) -> None:
    source = FileSystemStorage(ROOT / "static")
    names = [SHEET, *(f"css/{name}" for name in PARTS if name != "portal.css")]
    names += [f"fonts/{path.name}" for path in (ROOT / "static" / "fonts").iterdir()]
    storage = RememberingStorage(location=tmp_path, base_url="/static/")
    for name in names:
        with source.open(name) as file:
            storage.save(name, file)
    for _ in range(2):  # a second collecting finds the joined file of the first
        list(storage.post_process({name: (source, name) for name in names}))
        served = tmp_path / storage.stored_name(SHEET)
        text = served.read_text()
        assert "@import" not in text
        assert re.search(r'url\("\.\./fonts/ibm-plex-sans-400\.[0-9a-f]{12}\.woff2"\)', text)
        assert text.count("--surface-raised:") == 1
        assert (tmp_path / f"{storage.stored_name(SHEET)}.gz").stat().st_size < len(text) / 3
