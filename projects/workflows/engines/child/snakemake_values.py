"""Values of Snakemake's objects as JSON can carry them, asked so that a Snakefile's own functions may fail."""

from typing import Any

MAX_NAMES = 100  # inputs or outputs that are told of one job
MAX_TEXT = 4_000
OWN_RESOURCES = ("_cores", "_nodes", "tmpdir")  # which Snakemake adds to each rule


def names(listed: Any) -> list[str]:
    """File names as text; functions are not called here."""
    found = [cut(item) if isinstance(item, str) else "" for item in list(listed)[:MAX_NAMES]]
    return [name for name in found if name and name != "<TBD>"]


def resources(given: dict[str, Any], job: Any) -> dict[str, Any]:
    """Resources that the author wrote, as far as they are plain values."""
    found: dict[str, Any] = {}
    for key, raw in given.items():
        value = quietly(lambda raw=raw: getattr(raw, "value", raw))
        if value is None and job is not None:
            value = quietly(lambda key=key: job.resources.get(key))
        if (key not in OWN_RESOURCES or (key == "_cores" and value not in (None, 1))) and isinstance(value, str | int | float | bool):
            found["threads" if key == "_cores" else key] = cut(value) if isinstance(value, str) else value
    return found


def plain(value: Any) -> Any:
    """What JSON can carry; a function is told at run time only."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    if callable(value):
        return None
    return value if value is None or isinstance(value, bool | int | float) else cut(str(value))


def quietly(ask: Any) -> Any:
    """The value, or None where the Snakefile's own functions fail on it."""
    try:
        return ask()
    except (Exception, SystemExit):  # noqa: BLE001
        return None


def cut(text: Any) -> str:
    text = str(text)
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
