"""Languages are compiled without touching the packages that are installed below .run."""

import shutil
import subprocess
from pathlib import Path

import pytest

from devstack import address, checks, messages

GOOD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Data"\nmsgstr "Daten"\n'
BROKEN = GOOD + '\n#, python-format\nmsgid "a %(x)s"\nmsgstr "b %(y)s"\n'


def language(folder: Path, text: str) -> Path:
    """A language whose messages are this file; where its compiled form will be."""
    messages_folder = folder / "locale" / "de" / "LC_MESSAGES"
    messages_folder.mkdir(parents=True)
    (messages_folder / "django.po").write_text(text)
    return messages_folder / "django.mo"


@pytest.mark.skipif(not shutil.which("msgfmt"), reason="the package gettext is not installed")
def test_packages_are_left_alone(tmp_path: Path) -> None:
    own = language(tmp_path, GOOD)
    foreign = language(tmp_path / ".run" / "envs" / "portal" / "package", BROKEN)
    python, script, *rest = messages.COMPILE
    subprocess.run([python, str(address.ROOT / script), *rest], cwd=tmp_path, env=checks.environment(), check=True, timeout=60)
    assert own.exists()
    assert not foreign.exists()
