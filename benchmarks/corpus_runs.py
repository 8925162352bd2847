"""Public specifications from their files to their end: the table of `corpus.py`, with those really run that the stack's REANA can run.

`python -m devstack.portal.manage -- python benchmarks/corpus_runs.py TABLE FOLDER`, with the whole stack up: each specification enters the
portal as a zip of its repository, is saved and launched with its own values, by the stack's workers. The stack's REANA runs no containers, so
that only those are run whose images have a local environment (devstack/reana/images.toml); of the others the table says what they need.
"""

import argparse
import csv
import sys
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django  # noqa: E402

django.setup()

from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402

from benchmarks import corpus  # noqa: E402
from devstack.reana import images  # noqa: E402
from projects.models import Project  # noqa: E402
from projects.workflows import services as runs  # noqa: E402
from projects.workflows.engines import stored  # noqa: E402
from projects.workflows.entering import services  # noqa: E402
from projects.workflows.entering.beginning import zip_of  # noqa: E402
from projects.workflows.models import Entry, Run  # noqa: E402
from tests.factories import make_project  # noqa: E402
from tests.workflows.inputs.stack_runs import sign_in_lead  # noqa: E402
from vre_portal.iam.models import User  # noqa: E402

READ_SECONDS, RUN_SECONDS, LOOK_SECONDS = 300, 1500, 2.0


@dataclass
class Line:
    """One specification, and what came of it."""

    row: corpus.Row
    run: Run | None = None
    words: str = ""  # why it was not run, or what REANA says

    @property
    def is_loaded(self) -> bool:
        return corpus.MALFORMED not in self.row.kinds

    @property
    def is_launchable(self) -> bool:
        return self.row.is_launchable(by_operator=False)

    @property
    def end(self) -> str:
        """How its run ended; a dash where there was none."""
        return self.run.status if self.run else "–"

    def as_text(self) -> str:
        cells = [
            self.row.repository,
            self.row.path,
            self.row.engine,
            *("yes" if good else "no" for good in (self.is_loaded, self.is_launchable)),
        ]
        return f"| {' | '.join([*cells, self.end, self.words.replace('|', '/')])} |"


def entered(by: User, project: Project, line: Line, folder: Path) -> Entry:
    """The specification as the stack's worker read it from a zip of its repository."""
    contents = corpus.repository(folder / line.row.repository).contents
    file = SimpleUploadedFile("repository.zip", zip_of(contents))
    entry = services.enter_files(by=by, project=project, key=uuid.uuid4(), files=[file])
    end = time.monotonic() + READ_SECONDS
    while entry.state not in (Entry.State.READ, Entry.State.FAILED) and time.monotonic() < end:
        if entry.state == Entry.State.CHOICE:
            services.choose(entry=entry, path=line.row.path)
        time.sleep(LOOK_SECONDS / 4)
        entry.refresh_from_db()
    if entry.state == Entry.State.READ and entry.path != line.row.path:
        services.choose(entry=entry, path=line.row.path)
    return entry


def lacks(line: Line, entry: Entry) -> str:
    """What the stack's REANA lacks for it; empty where it can run it."""
    nodes = stored.from_json(entry.reading).nodes
    if backends := {str(node.resources.get("compute_backend") or "kubernetes") for node in nodes} - {"kubernetes"}:
        return f"needs the backend {', '.join(sorted(backends))}"
    unknown = {node.environment for node in nodes if node.environment and node.environment.removeprefix("docker://") not in images.table()}
    return f"needs containers: {', '.join(sorted(unknown))}" if unknown else ""


def launched(by: User, project: Project, line: Line, folder: Path) -> None:
    """Bring it in and launch it, or say why not."""
    if not line.is_launchable:
        line.words = corpus.reasons(line.row)
        return
    entry = entered(by, project, line, folder)
    if entry.state != Entry.State.READ:
        line.words = f"not read: {entry.reason or entry.state}"
    elif words := lacks(line, entry):
        line.words = words
    else:
        version = services.save(by=by, entry=entry, name=f"s{uuid.uuid4().hex[:12]}", title=line.row.path, bindings={})
        specification = version.specification
        line.run = runs.launch(
            by=by, project=project, specification=specification, parameters=specification.default_parameters, inputs={},
            key=uuid.uuid4(), server="reana",
        )  # fmt: skip


def wait_for(lines: list[Line]) -> None:
    """Until all runs have ended, or for so long."""
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end and any(line.run and not line.run.ended for line in lines):
        time.sleep(LOOK_SECONDS)
        for line in lines:
            if line.run and not line.run.ended:
                line.run.refresh_from_db()
    for line in lines:
        if line.run:
            steps = [step for step in line.run.steps if step.get("state") == "failed"]
            log = str(steps[0].get("log", "")).strip().splitlines()[-1:] if steps else []
            line.words = (
                f"{line.run.seconds or 0:.0f} s"
                if line.run.status == Run.Status.FINISHED
                else " ".join(" ".join([line.run.error, *log]).split())[:200]
            )


def main() -> None:
    """Print a row for each specification, then the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="part of a repository's name")
    given = parser.parse_args()
    with given.table.open(newline="") as file:
        rows = [corpus.Row(line["repository"], line["path"], line["engine"]) for line in csv.DictReader(file)]
    rows = [row for row in rows if given.only in row.repository and (given.folder / row.repository).is_dir()]
    by = sign_in_lead()
    project, lines = (
        make_project(lead=by, slug=f"corpus-{uuid.uuid4().hex[:8]}", title="Public specifications"),
        [Line(corpus.look(row, given.folder)) for row in rows],
    )
    for line in lines:
        launched(by, project, line, given.folder)
        print(".", end="", file=sys.stderr, flush=True)
    wait_for(lines)
    print("| Repository | File | Engine | Loaded | Launchable unchanged | At REANA | Remark |\n|---|---|---|---|---|---|---|")
    for line in lines:
        print(line.as_text())
    ends = Counter(line.end for line in lines if line.run)
    print(
        f"\n{len(lines)} specifications; {sum(line.is_loaded for line in lines)} loaded; {sum(line.is_launchable for line in lines)} launchable"
    )
    print(f"{ends.total()} were run: {dict(ends)}")


if __name__ == "__main__":
    main()
