"""A Snakefile is read as Snakemake reads it: rules, jobs, what is missing, and its errors in sentences with their lines."""

import pytest

from projects.workflows.engines import Node, Reading
from projects.workflows.validation_results import BACKENDS, COMMANDS, PARAMETERS
from tests.workflows.engines.repositories import PYTHON, REPOSITORIES, faults, reading, replaced, states

pytestmark = pytest.mark.rare(group="engines")

FILE = "workflow/Snakefile"


def node(found: Reading, name: str) -> Node:
    return next(node for node in found.nodes if node.name == name)


def test_jobs_come_with_what_they_wait_for_and_rules_that_are_not_needed_are_shown_as_such() -> None:
    found = reading("snakemake")
    assert {node.name for node in found.nodes} == {"greet (name=Ada)", "greet (name=Bob)", "merge", "plot", "never"}
    assert [node.name for node in found.nodes if not node.needed] == ["never"]
    names = {node.key: node.name for node in found.nodes}
    assert {names[key] for key in node(found, "merge").after} == {"greet (name=Ada)", "greet (name=Bob)"}
    assert [names[key] for key in node(found, "plot").after] == ["merge"]
    order = [node.key for node in found.nodes]
    assert all(order.index(key) < order.index(node.key) for node in found.nodes for key in node.after)


def test_a_job_has_environment_files_command_resources_and_place() -> None:
    found = reading("snakemake")
    merge, greet = node(found, "merge"), node(found, "greet (name=Ada)")
    assert merge.environment == PYTHON
    assert merge.resources == {"kubernetes_memory_limit": "256Mi", "compute_backend": "kubernetes"}
    assert (merge.inputs, merge.outputs) == (("results/Ada.txt", "results/Bob.txt"), ("results/all.txt",))
    assert greet.commands == ("python code/hello.py Ada 0 > results/Ada.txt",)
    assert ((merge.file, merge.line), (greet.file, greet.line)) == ((FILE, 6), ("workflow/rules/greet.smk", 1))
    assert found.includes == ("workflow/rules/greet.smk",)
    assert found.engine_version.startswith("9.")
    assert found.isolated_by


def test_the_submission_is_what_reana_client_makes_of_it() -> None:
    submission = reading("snakemake").submission
    assert submission is not None
    merge = next(step for step in submission["steps"] if step["name"] == "merge")
    assert (merge["environment"], merge["commands"]) == (PYTHON, ["cat {input} > {output}"])
    assert (merge["compute_backend"], merge["kubernetes_memory_limit"]) == ("kubernetes", "256Mi")
    assert submission["job_dependencies"]["plot"] == ["merge"]


def test_parameters_come_from_the_file_that_is_named_and_can_be_replaced() -> None:
    assert reading("snakemake").parameters == {"script": "code/hello.py", "people": ["Ada", "Bob"], "pause": 0}
    found = reading("snakemake", parameters={"people": ["Eve"]})
    assert {node.name for node in found.nodes} >= {"greet (name=Eve)"}
    assert "greet (name=Ada)" not in {node.name for node in found.nodes}


def test_data_that_come_later_are_told_unless_they_are_announced() -> None:
    change = {"workflow/inputs.yaml": "script: data/later.bin\npeople: [Ada]\npause: 0\n"}
    found = reading("snakemake", change)
    check = faults(found)[0]
    assert (check.state, check.file, check.line) == ("warning", "workflow/rules/greet.smk", 1)
    assert "“greet”" in check.messages[0]
    assert "data/later.bin" in check.messages[0]
    assert node(found, "merge").after  # the graph is there all the same
    assert not faults(reading("snakemake", change, placeholders=["data/later.bin"]))


def test_data_by_which_the_steps_are_found_leave_them_unchecked_and_are_named() -> None:
    head = 'import csv\nfirst = list(csv.DictReader(open("data/samples.csv")))[0]\n'
    change = {FILE: head + str(REPOSITORIES["snakemake"][FILE])}
    found = reading("snakemake", change, placeholders=["data/samples.csv"])
    assert not faults(found)
    check = next(check for check in found.checks if check.name == "Workflow file")
    assert check.state == "not checked"
    assert "reads data/samples.csv to find its steps" in check.messages[0]
    assert "list index out of range" in check.messages[0]
    assert faults(reading("snakemake", {FILE: f"first = [][0]\n{change[FILE]}"}, placeholders=["data/samples.csv"]))


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "words"),
    [
        (FILE, 'output: "results/all.txt"', 'output "results/all.txt"', 8, "Colon expected after keyword output"),
        (FILE, "rule plot:", "rule merge:", 15, "The name merge is already used by another rule"),
        (FILE, "rule all:", "rule all", 3, "This is not a valid Snakefile"),
        (FILE, "rule all:", "import nothing_here\nrule all:", 3, "needs a Python package that the portal does not have"),
        (FILE, "rule all:", "raise ValueError('no such luck')\nrule all:", 3, "no such luck (ValueError)"),
        (FILE, "rule all:", "raise SystemExit\nrule all:", 3, "The Snakefile ends the program."),
        (FILE, "rules/greet.smk", "rules/great.smk", 1, "reads a file that is not in the repository"),
        (FILE, 'input: "results/plot.png"', 'input: "results/{x}.png"', 3, "ildcard"),
        (FILE, 'config["people"]', 'config["peopel"]', 7, "uses “peopel”, which is not among the parameters"),
        ("workflow/rules/greet.smk", 'config["pause"]', "1/0", 5, "division by zero"),
        ("workflow/rules/greet.smk", 'script=config["script"]', 'script="results/plot.png"', None, "circle"),
    ],
)
def test_an_error_is_a_sentence_with_its_line(file: str, old: str, new: str, line: int | None, words: str) -> None:
    found = replaced("snakemake", file, old, new)
    check = next(check for check in found.checks if check.state == "error")
    assert words in check.messages[0]
    assert line is None or (check.file, check.line) == (file, line)
    assert "Traceback" not in str(found.checks)
    assert "vre-" not in str(found.checks)
    assert not {check.name for check in found.checks if check.state == "ok"} & {PARAMETERS, COMMANDS} or found.nodes


def test_a_parameter_that_is_missing_is_suggested() -> None:
    check = faults(replaced("snakemake", FILE, 'config["people"]', 'config["peopel"]'))[0]
    assert check.suggestion == "Did you mean “people”?"


def test_commands_are_compared_with_what_the_rule_has() -> None:
    found = replaced("snakemake", FILE, "{output.png}", "{output.pgn}")
    messages = {check.messages[0]: check for check in faults(found) if check.name == COMMANDS}
    text = 'Snakemake parameter "pgn" found on step "plot" is not defined in input parameters.'
    assert (messages[text].line, messages[text].suggestion) == (15, "Did you mean “png”?")


def test_rules_that_reana_cannot_run_are_told() -> None:
    found = replaced("snakemake", FILE, 'shell: "plot {input} {output.png}"', "run:\n        print(1)")
    assert "The rule “plot” has “run:”. REANA runs only rules with “shell:”." in [check.messages[0] for check in faults(found)]


def test_an_unknown_backend_is_not_green() -> None:
    found = replaced("snakemake", FILE, 'compute_backend="kubernetes"', 'compute_backend="slurmcern"')
    check = next(check for check in found.checks if check.name == BACKENDS)
    assert (check.state, check.file, check.line) == ("not checked", FILE, 6)


def test_rules_without_an_order_are_shown_where_the_graph_cannot_be_built() -> None:
    text = "def names(wildcards):\n    return 1/0\n\n" + REPOSITORIES["snakemake"][FILE]
    found = reading("snakemake", {FILE: text.replace('input: "results/all.txt"', "input: names")})
    assert "could not be found out" in str(found.checks)
    assert {node.name for node in found.nodes} == {"greet", "merge", "plot", "never"}
    assert all(not node.after and node.needed for node in found.nodes)


def test_checkpoints_are_told() -> None:
    found = replaced("snakemake", FILE, "rule merge:", "checkpoint merge:")
    assert "What follows the checkpoints merge is known only when they have run." in [check.messages[0] for check in faults(found)]


def test_modules_of_the_repository_are_read() -> None:
    module = 'module more:\n    snakefile: "rules/greet.smk"\n    config: config\n\nuse rule greet from more as more_greet with:\n    output: "x/{name}"\n'
    found = reading("snakemake", {FILE: module + REPOSITORIES["snakemake"][FILE]})
    assert "more_greet" in {node.name for node in found.nodes}


@pytest.mark.parametrize("count", [500, 5_000])
def test_many_rules_are_read_or_refused_in_words(count: int) -> None:
    rules = "\n".join(f'rule r{number}:\n    output: "o{number}"\n    shell: "touch {{output}}"\n' for number in range(count))
    everything = f'rule all:\n    input: expand("o{{n}}", n=range({count}))\n\n'
    found = reading("snakemake", {FILE: everything + rules})
    if count == 500:
        assert len(found.nodes) == 500
        assert "error" not in states(found).values()
    else:
        assert len(found.nodes) == 5_000 or found.why_not


@pytest.mark.parametrize("name", ["s" * 300, "s/" * 3000, "a\0b", ".", "workflow/Snakefile/inside", "x" * 300 + "/"], ids=range(6))
def test_an_odd_name_of_data_that_come_later_costs_itself_alone(name: str) -> None:
    found = reading("snakemake", placeholders=[name, "later.csv"])
    assert (found.why_not, [node.key for node in found.nodes]) == ("", [node.key for node in reading("snakemake").nodes])
