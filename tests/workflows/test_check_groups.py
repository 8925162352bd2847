"""What has to be corrected comes first, and what nobody looked at last; a check of the engine replaces one that was not made here."""

from projects.workflows.check_groups import combined, grouped, names_of
from projects.workflows.models import SpecificationVersion
from projects.workflows.validation_results import Check


def test_groups_by_what_has_to_be_done() -> None:
    checks = [Check("a", "ok", ()), Check("b", "not checked", ()), Check("c", "error", ()), Check("d", "ok", ())]
    assert [[check.name for check in group.checks] for group in grouped(checks)] == [["c"], ["a", "d"], ["b"]]


def test_the_checks_of_typed_values_count_and_what_was_not_looked_at_is_the_engines() -> None:
    own = [Check("File", "ok", ("mine",)), Check("Parameters", "not checked", ("not here",))]
    read = [Check("File", "error", ("old",)), Check("Parameters", "warning", ("read",)), Check("Images", "ok", ())]
    found = combined(own, read)
    assert [(check.name, check.state) for check in found] == [("File", "ok"), ("Parameters", "warning"), ("Images", "ok")]


def test_a_line_of_the_reana_yaml_is_a_place_on_the_page_under_whatever_name_and_one_of_another_file_is_not() -> None:
    names = names_of(SpecificationVersion(path="fits/reana.yaml", root="fits"))
    checks = [Check(file, "error", (), file, 3) for file in ("fits/reana.yaml", "reana.yaml", "fits/Snakefile")]
    checks.append(Check("without a line", "error", (), "fits/reana.yaml"))
    (group,) = grouped(checks, names)
    assert [check.file for check in group.checks] == ["", "", "fits/Snakefile", "fits/reana.yaml"]
