"""A picture made of what is known: the same for the same facts, another for others, and inside its frame."""

from vre_portal.drawing import HEIGHT, MAX_MARKS, WIDTH, draw

WORDS = {"large": ["KM3NeT"], "middle": ["CERN"], "small": ["a", "b"]}


def test_the_same_facts_make_the_same_picture_and_others_another() -> None:
    one = draw("km3net", position=2, stages=6, words=WORDS)
    assert one == draw("km3net", position=2, stages=6, words=WORDS)
    assert one != draw("blazars", position=2, stages=6, words=WORDS)
    assert one.marks != draw("km3net", position=2, stages=6, words={**WORDS, "small": ["c"]}).marks


def test_the_rings_say_which_stage_is_reached() -> None:
    assert [ring.is_reached for ring in draw("x", position=2, stages=4, words={}).rings] == [True, True, False, False]
    assert not any(ring.is_reached for ring in draw("x", position=0, stages=4, words={}).rings)


def test_the_centre_and_the_stars_are_inside_and_there_are_not_too_many_marks() -> None:
    for number in range(50):
        drawing = draw(f"slug-{number}", position=0, stages=6, words={"small": [str(word) for word in range(200)]})
        assert all(0 <= star.x <= WIDTH and 0 <= star.y <= HEIGHT for star in drawing.stars)
        assert 0 < drawing.x < WIDTH
        assert len(drawing.marks) == MAX_MARKS


def test_without_stages_and_words_there_is_a_picture_too() -> None:
    assert draw("", position=0, stages=0, words={}).rings
