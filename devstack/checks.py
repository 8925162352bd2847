"""`make check`: what can be said about the code without starting anything."""

import os
import subprocess
import time

from devstack import address

BIN = address.ENVS / "portal" / "bin"
# Settings as a deployment has them; nothing is connected to.
DEPLOYMENT = {
    "SECRET_KEY": "only-for-the-check-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "VAULT_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "PORTAL_URL": "https://portal.example.org",
    "DATABASE_URL": "postgresql://portal@127.0.0.1/portal",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "BEHIND_PROXY": "True",
}
PACKAGES = ["vre_portal", "projects", "datalake", "catalog"]
PATHS = [*PACKAGES, "client", "deploy", "devstack", "demo", "tests", "manage.py"]
# What the pages do on purpose: sizes of pictures come from CSS, pages refresh themselves where there is no JavaScript ...
IGNORED = ("H006", "H013", "H015", "H021", "H023", "H025", "H030", "H031", "H052", "T003")
COMMANDS: list[tuple[str, list[str]]] = [
    ("format", ["ruff", "format", "--check", "--quiet", *PATHS]),
    ("lint", ["ruff", "check", "--quiet", *PATHS]),
    ("types", ["mypy"]),
    ("types of the client", ["mypy", "--config-file", "client/pyproject.toml"]),
    ("import contracts", ["lint-imports"]),
    ("templates", ["djlint", "--lint", "--quiet", "--profile=django", f"--ignore={','.join(IGNORED)}", "templates"]),
    ("template lines", ["python", "-m", "devstack.line_check", "templates"]),
    ("translation", ["python", "-m", "devstack.visible_strings", *PACKAGES]),
    ("wording", ["python", "-m", "devstack.wording", "templates", *PACKAGES, "client", "docs", "README.md", "CONTRIBUTING.md"]),
    ("messages", ["python", "-m", "devstack.messages", "--check"]),
    ("deployment", ["python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"]),
    ("migrations", ["python", "manage.py", "makemigrations", "--check", "--dry-run"]),
]


def environment() -> dict[str, str]:
    """Deployment settings, and an empty value for each variable that services.toml names."""
    names = (
        "IAM_ISSUER",
        "IAM_CLIENT_SECRET",
        "RUCIO_URL",
        "LAKE_CLIENT_SECRET",
        "GROUPS_CLIENT_SECRET",
        "STORAGE_CA",
        "STORAGE_HOST",
        "REANA_URL",
        "REANA_QUERY_URL",
        "HUB_URL",
        "HUB_SERVICE_TOKEN",
        "RECORDS_URL",
        "GIT_URL",
        "HOOKS_URL",
    )
    return {**os.environ, **dict.fromkeys(names, "https://service.example.org/"), **DEPLOYMENT}


def check() -> int:
    """Run every check, say what failed; 0 when all passed."""
    failed = []
    for name, command in COMMANDS:
        begin = time.monotonic()
        result = subprocess.run(
            [BIN / command[0], *command[1:]], cwd=address.ROOT, env=environment(), capture_output=True, text=True, check=False
        )
        good = result.returncode == 0
        print(f"{'ok    ' if good else 'FAILED'} {name} ({time.monotonic() - begin:.1f} s)", flush=True)
        if not good:
            failed.append(name)
            print((result.stdout + result.stderr).strip()[-6000:], flush=True)
    print("All checks passed." if not failed else f"Mend: {', '.join(failed)}.")
    return 1 if failed else 0


def tidy() -> int:
    """`make format`: let ruff write the code as the check wants it."""
    for command in (["ruff", "check", "--fix", "--quiet", *PATHS], ["ruff", "format", "--quiet", *PATHS]):
        subprocess.run([BIN / command[0], *command[1:]], cwd=address.ROOT, check=False)
    return 0
