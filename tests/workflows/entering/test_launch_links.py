"""Launch links of REANA, as people copy them from badges."""

from urllib.parse import urlencode

import pytest

from projects.workflows.entering.launch_links import NoLaunchLink, read


def link(**values: str) -> str:
    return f"https://reana.example.org/launch?{urlencode(values)}"


def test_a_link_names_the_repository_the_specification_and_values() -> None:
    found = read(link(url="https://git.example.org/a/b", name="fit", specification="cwl/reana.yaml", parameters='{"level": 3}'))
    assert (found.address, found.path, found.name, found.parameters) == (
        "https://git.example.org/a/b",
        "cwl/reana.yaml",
        "fit",
        {"level": 3},
    )


@pytest.mark.parametrize(
    "text",
    [
        f"[![Launch](https://www.reana.io/badge.svg)]({link(url='https://git.example.org/a/b')})",
        f'<a href="{link(url="https://git.example.org/a/b")}"><img src="x.svg"></a>',
        link(url="https://git.example.org/a/b").replace("/launch", "/run"),
    ],
)
def test_the_text_of_a_badge_is_a_link_too(text: str) -> None:
    assert read(text).address == "https://git.example.org/a/b"


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://gitlab.example.org/a/b/-/raw/v1/sub/reana.yaml", ("https://gitlab.example.org/a/b", "v1", "sub/reana.yaml")),
        ("https://raw.githubusercontent.com/a/b/main/reana.yaml", ("https://github.com/a/b", "main", "reana.yaml")),
    ],
)
def test_a_link_to_the_file_itself_names_its_repository(url: str, wanted: tuple[str, str, str]) -> None:
    found = read(link(url=url))
    assert (found.address, found.ref, found.path) == wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a launch link"),
        ("https://reana.example.org/", "not a launch link"),
        ("javascript:alert(1)", "not a launch link"),
        ("https://reana.example.org/launch?name=x", "names no repository"),
        (link(url="https://a.example/b", parameters="{"), "not valid JSON"),
        (link(url="https://a.example/b", parameters="[1]"), "not a JSON object"),
        (link(url="https://a.example/b", name="a\0b"), "cannot be stored"),
        (link(url="https://a.example/b") + "&a=1" * 80, "cannot be read"),
        (link(url="https://raw.githubusercontent.com/reana.yaml"), "cannot be read"),
        (link(url="https://raw.githubusercontent.com/o/r/main/a%00b.yaml"), "cannot be stored"),
        ("https://[", "not a launch link"),
        (link(url="https://a.example/" + "b" * 9000), "longer than"),
    ],
)
def test_what_is_no_launch_link_is_told_why(text: str, words: str) -> None:
    with pytest.raises(NoLaunchLink, match=words):
        read(text)


def test_parts_that_are_not_understood_are_named() -> None:
    assert read(link(url="https://a.example/b", colour="red")).left_out == ("colour=red",)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://raw.githubusercontent.com/o/r/refs/heads/master/reana.yaml", ("https://github.com/o/r", "master", "reana.yaml")),
        ("https://github.com/o/r/blob/refs/tags/v1/a/reana.yaml", ("https://github.com/o/r", "v1", "a/reana.yaml")),
        (
            "https://gitlab.example.org/g/s/r/-/tree/main/beginner/example1",
            ("https://gitlab.example.org/g/s/r", "main", "beginner/example1/reana.yaml"),
        ),
        ("https://github.com/o/r/blob/main/README.md", ("https://github.com/o/r", "main", "")),
        ("https://github.com/o/r/archive/refs/tags/0.9.0.zip", ("https://github.com/o/r", "0.9.0", "")),
        ("https://github.com/o/r/tree/main", ("https://github.com/o/r/tree/main", "", "")),  # the door of repositories reads it
    ],
)
def test_pages_folders_and_archives_name_their_repository(url: str, wanted: tuple[str, str, str]) -> None:
    found = read(link(url=url))
    assert (found.address, found.ref, found.path) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "Run it ($https://reana.example.org/launch?url=https://a.example/o/r&name=fit(2))",
        "[![Launch](https://www.reana.io/b.svg)](<https://reana.example.org/launch?url=https://a.example/o/r&name=fit(2)>)",
        "`Launch <https://reana.example.org/launch?url=https://a.example/o/r&name=fit(2)>`_",
        "https://launch.reana.example/?url=https://a.example/o/r&name=fit(2)",
        "See https://launch.reana.example/?url=https://a.example/o/r&amp;name=fit(2).",
    ],
)
def test_links_as_readmes_have_them(text: str) -> None:
    assert (read(text).address, read(text).name) == ("https://a.example/o/r", "fit(2)")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"parameters": '{"level": "\\ud800"}'}, "cannot be stored"),
        ({"parameters": '{"level": "\\u0000"}'}, "cannot be stored"),
        ({"parameters": '{"level": NaN}'}, "not valid JSON"),
        ({"parameters": '{"level": 1e400}'}, "not valid JSON"),
        ({"parameters": '{"level": ' + "9" * 5000 + "}"}, "not valid JSON"),
        ({"specification": "a/" * 400}, "too long"),
    ],
)
def test_values_that_nothing_can_hold_are_refused_before_anything_is_fetched(values: dict[str, str], words: str) -> None:
    with pytest.raises(NoLaunchLink, match=words):
        read(link(url="https://a.example/b", **values))


def test_an_archive_elsewhere_is_for_the_door_of_uploads() -> None:
    with pytest.raises(NoLaunchLink, match="names an archive"):
        read(link(url="https://zenodo.example/record/1/files/a.zip?download=1"))
