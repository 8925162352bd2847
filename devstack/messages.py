"""`make messages`: the words of the pages that are marked for translation, collected in locale/django.pot and in each language of locale/.

Each language is then compiled, so that the portal shows it.

With --check nothing is written, and it fails where locale/django.pot is not what the code and the templates say.
"""

import re
import shutil
import subprocess
import sys

from devstack import address, checks

CATALOGUE = address.ROOT / "locale" / "django.pot"
OPTIONS = ["--all", "--keep-pot", "--no-wrap", "--no-obsolete", "--add-location", "file", "--verbosity", "0"]
WITHOUT = ["tests/*", "devstack/*", "demo/*", "benchmarks/*", ".run/*"]
# Below .run stand the texts of installed packages, which are compiled already and not ours to change.
COMPILE = [str(checks.BIN / "python"), "manage.py", "compilemessages", "--ignore", ".run", "--verbosity", "0"]
CREATED = re.compile(r'^"POT-Creation-Date: .*"$', re.MULTILINE)  # differs each time, and says nothing that git does not


def collected() -> str:
    """The catalogue as the code and the templates have it now; languages of locale/ are brought up to date with it."""
    CATALOGUE.parent.mkdir(exist_ok=True)
    command = [str(checks.BIN / "python"), "manage.py", "makemessages", *OPTIONS]
    ignored = [part for pattern in WITHOUT for part in ("--ignore", pattern)]
    subprocess.run([*command, *ignored], cwd=address.ROOT, env=checks.environment(), check=True)
    return CREATED.sub('"POT-Creation-Date: \\\\n"', CATALOGUE.read_text(encoding="utf-8"))


def main(arguments: list[str]) -> int:
    """Write the catalogue, or check it; the exit status."""
    if not shutil.which("xgettext"):
        print("The messages are not collected: xgettext is missing. Install the package gettext.")
        return 0 if "--check" in arguments else 1
    if "--check" not in arguments:
        CATALOGUE.write_text(collected(), encoding="utf-8")
        return subprocess.run(COMPILE, cwd=address.ROOT, env=checks.environment(), check=False).returncode
    files = {path: path.read_bytes() for path in CATALOGUE.parent.rglob("*.po*")}
    try:
        is_current = files.get(CATALOGUE, b"").decode() == collected()
    finally:
        for path, content in files.items():
            path.write_bytes(content)
    if not is_current:
        print("locale/django.pot does not have the words of the pages. Run make messages.")
    return 0 if is_current else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
