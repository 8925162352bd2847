"""How texts become words: folded, in the singular, in PostgreSQL's own writing."""

import pytest
from django.db import connection

from vre_portal.folding import fold, visible
from vre_portal.search import words


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Müller", "muller"),
        ("MÜLLER", "muller"),
        ("Mu\u0308ller", "muller"),
        ("Ørsted Łódź Straße", "orsted lodz strasse"),
        ("ﬁeld ﬂux", "field flux"),
        ("Æther œuvre Þór", "aether oeuvre thor"),
        ("γ-ray Γ", "γ-ray γ"),
        ("x\u2011y\u200bz\u00ad", "x-yz"),
        ("İstanbul ı", "istanbul i"),
        ("², ½", "2, 1⁄2"),
    ],
)
def test_accents_case_and_ligatures_make_no_difference(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_invisible_characters_are_taken_out_of_texts() -> None:
    assert visible("a\u202eb\0c\u2066d\x1b") == "abcd"
    assert visible("line\nnext\ttab") == "line\nnext\ttab"


@pytest.mark.parametrize(
    ("plural", "singular"),
    [("galaxies", "galaxy"), ("fluxes", "flux"), ("neutrinos", "neutrino"), ("mass", "mass"), ("analysis", "analysis"), ("gas", "gas"),
     ("status", "status"), ("v2s", "v2s")],
)  # fmt: skip
def test_regular_plurals_are_one_with_their_singular(plural: str, singular: str) -> None:
    assert words.stem(plural) == singular


def test_names_of_files_are_split_into_their_words() -> None:
    assert list(words.words("KM3NeT_2026.aeff-v1.fits")) == ["km3net", "2026", "aeff", "v1", "fits"]


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["it's \\ a 'quoted' \\' thing", "':A & !x", "ｆｕｌｌ ＷＩＤＴＨ", "مرحبا 中文 русский", "a" * 5000])
def test_postgresql_reads_every_vector(text: str) -> None:
    vector = words.vector([("A", text), ("D", text)], [words.filter_lexeme("keyword", text), words.identifier_lexeme(text)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT length(%s::tsvector)", [vector])
        assert cursor.fetchone()[0] > 0
