"""A person's secrets as all their jobs get them: variables of the environment, and files in REANA's folder for them."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devstack.reana import limits, store

FOLDER = "/etc/reana/secrets"


@dataclass(frozen=True)
class Secrets:
    """Those of one person at the moment when a job begins."""

    environment: dict[str, str]
    files: dict[str, bytes]

    @contextmanager
    def as_files(self) -> Iterator[Path | None]:
        """A folder of the stack's state with the files, for the time of one job; None where there are none."""
        if not self.files:
            yield None
            return
        folder = Path(tempfile.mkdtemp(prefix="secrets-", dir=limits.STATE))
        try:
            for name, content in self.files.items():
                (folder / Path(name).name).write_bytes(content)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def of(workflow: store.Row) -> Secrets:
    """The secrets of the person whose workflow it is."""
    found = store.rows("select name, type, value from secret where owner = ?", workflow["owner"])
    return Secrets(
        {item["name"]: item["value"] for item in found if item["type"] == "env"},
        {item["name"]: item["value"].encode() for item in found if item["type"] == "file"},
    )
