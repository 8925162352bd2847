"""The package itself: what an import costs, what it needs, and that only one module reads the environment."""

import ast
import subprocess
import sys
from pathlib import Path

import vre

SOURCE = Path(vre.__file__).parent
IMPORT_SECONDS = 0.15  # of the processor
IMPORT = "import time; begin = time.process_time(); import vre; print(time.process_time() - begin)"


def test_it_is_imported_soon_and_alone() -> None:
    command = [
        sys.executable,
        "-S",
        "-c",
        f"import sys; sys.path.insert(0, {str(SOURCE.parent)!r}); {IMPORT}",
    ]  # -S: nothing else is installed
    seconds = min(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(5))
    assert seconds < IMPORT_SECONDS


def imports(file: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(file.read_text())))
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return found | {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}


def test_it_needs_what_it_says() -> None:
    used = {name.split(".")[0] for file in SOURCE.rglob("*.py") for name in imports(file)}
    assert used - set(sys.stdlib_module_names) == {"vre", "requests", "urllib3", "astropy", "tqdm"}


def test_all_that_is_offered_is_there() -> None:
    assert all(hasattr(vre, name) for name in vre.__all__)
    assert (SOURCE / "py.typed").exists()
