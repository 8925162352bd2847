"""Where in a specification the findings of a server are: a line only where it is certain."""

import pytest

from projects.workflows import reana
from projects.workflows.launching.server_checks import Places


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ("SyntaxError in file rules/a.smk, line 3: bad", ("rules/a.smk", 3)),
        ('In "/tmp/x/rules/a.smk", line 7', ("rules/a.smk", 7)),
        ("a.smk:12:1: Missing", ("a.smk", 12)),
        ("Parameter 'count' is not used", ("", 4)),
        ("'fetch' and 'nosuch'", ("", 3)),
        ("'image' is on several lines", ("", None)),
        ("no place at all", ("", None)),
    ],
)
def test_a_place_is_taken_from_the_message_where_it_is_certain(message: str, place: tuple[str, int | None]) -> None:
    text = "a: image\nb: image\nc: fetch\nparameters: {count: 1, counts: 2}\n"
    assert Places(text, ["a.smk", "rules/a.smk"]).of(reana.Finding("x", message)) == place


STEPS = """\
inputs: {parameters: {gendata: code/gendata.C}}
workflow:
  type: serial
  specification:
    steps:
      - name: fit
        compute_backend: htcondorcern
      - {name: plot, compute_backend: htcondorcern}
outputs: {files: [fit]}
"""


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        (STEPS, "Compute backend 'htcondorcern' found in step 'fit' is not supported", 6),
        (STEPS, "Compute backend 'htcondorcern' found in step 'gendata' is not supported", None),
        (STEPS.partition("workflow:")[0] + "workflow: {type: yadage, file: a.yml}", "'htcondorcern' in step 'gendata'", None),
        (STEPS, "Parameter 'gendata' is not used", 1),
    ],
)
def test_what_is_said_of_a_step_leads_to_a_line_of_the_steps_only(text: str, message: str, line: int | None) -> None:
    assert Places(text, []).of(reana.Finding("x", message)) == ("", line)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a.b", 1),
        ("b.1", 3),
        ("b.9", 2),
        ("b.x", 2),
        ("7", 4),
        ("a..b", 1),
        ("999", None),
        (".", None),
        ("..", None),
        ("c.a", None),
        ("5" * 5000, None),
    ],
)
def test_a_path_that_leads_nowhere_has_no_line(path: str, line: int | None) -> None:
    found = reana.Finding("x", "words", path)
    assert Places("a: {b: 1}\nb: [1,\n2]\n7: x\n", []).of(found) == ("", line)
