"""The check for words that are not marked for translation: what it must find, and what it must leave alone."""

from pathlib import Path

import pytest

from devstack import visible_strings


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<h1>Members</h1>", ["Members"]),
        ("<h1>{% translate 'Members' %}</h1>", []),
        ("<p>{% blocktranslate trimmed %}You see {{ n }} of them.{% endblocktranslate %}</p>", []),
        ("<p>{{ n }} files, {% translate 'at most' %}</p>", ["files,"]),
        ('<img src="a.png" alt="A map">', ["A map"]),
        ('<input placeholder="Find a run"><svg aria-label="A graph"></svg><input name="q" id="plain text">', ["A graph", "Find a run"]),
        ('<meta name="description" content="What this is"><meta name="color-scheme" content="light dark">', ["What this is"]),
        ('<button value="Delete"></button><input type="submit" value="Send"><input value="typed">', ["Delete", "Send"]),
        ('{% include "empty.html" with title="No runs yet" url=more %}', ["No runs yet"]),
        ('{% include "empty.html" with title=_("No runs yet") %}', []),
        ('<td>{{ run.version|default:"not told" }}</td>', ["not told"]),
        ("<code>vre-portal run</code><pre>rucio list-dids</pre><script>let words = 1</script>", []),
        ("<td>JSON · CSV</td><td>—</td><td>12</td>", []),
        ("<p>Member {# untranslated: a word of the API #}</p>", []),
        ("{# A comment #}{% comment %}Another one{% endcomment %}", []),
    ],
)
def test_words_of_a_template(tmp_path: Path, source: str, found: list[str]) -> None:
    page = tmp_path / "page.html"
    page.write_text(source)
    assert [finding.text for finding in visible_strings.in_template(page)] == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('raise RemoteRefused("The file is too large.")', ["The file is too large."]),
        ('raise RemoteRefused(_("The file is too large."))', []),
        ('messages.success(request, f"Member {name} was added.")', ["Member … was added."]),
        ('messages.error(request, "The member was not added.")', ["The member was not added."]),  # named as loggers name theirs
        ('"""A docstring that people read."""', []),
        ('logger.warning("The sweep took %s seconds", taken)', []),
        ('raise ValueError("A programmer made this mistake.")', []),
        ('def read(run: "Run | None") -> "Some long Type": ...', []),
        ('CharField(label="Scope", max_length=3)', ["Scope"]),
        ('class State(models.TextChoices):\n    DONE = "done", "Done"', ["Done"]),
        ('class State(models.TextChoices):\n    DONE = "done", _("Done")', []),
        ('words = "Not for people here"  # untranslated: an identifier', []),
    ],
)
def test_words_of_a_module(tmp_path: Path, source: str, found: list[str]) -> None:
    module = tmp_path / "module.py"
    module.write_text(source)
    assert [finding.text for finding in visible_strings.in_code(module)] == found


def test_line_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("{# two\nlines #}\n<p>\n  {% translate 'Fine' %}\n  Two words\n</p>")
    assert [finding.line for finding in visible_strings.in_template(page)] == [5]


def test_the_check_reads_templates_and_packages_and_fails_on_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "templates").mkdir()
    (tmp_path / "package" / "migrations").mkdir(parents=True)
    (tmp_path / "templates" / "styleguide.html").write_text("<p>For those who write templates</p>")
    (tmp_path / "package" / "migrations" / "0001.py").write_text('title = "Nobody reads this one"\n')
    assert visible_strings.main(["package"]) == 0
    (tmp_path / "templates" / "page.html").write_text("<p>Two words</p>")
    (tmp_path / "package" / "views.py").write_text('\nwords = "Three words here"\n')
    capsys.readouterr()
    assert visible_strings.main(["package"]) == 1
    assert [line.partition(": ")[0] for line in capsys.readouterr().out.splitlines()] == ["templates/page.html:1", "package/views.py:2"]
