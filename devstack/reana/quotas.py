"""How much of the disk and of the processors a person has used, and the refusal where that is more than they may."""

from collections.abc import Callable
from typing import Any

from devstack.reana import limits, store, workspace
from devstack.reana.errors import Refusal

HELP = "https://docs.reana.io/advanced-usage/user-quotas"


def used(person: store.Row) -> int:
    """Bytes in all workspaces of a person that are not deleted."""
    folders = store.rows("select distinct workspace from workflow where owner = ? and status != 'deleted'", person["id"])
    return sum(workspace.total(workspace.folder(found)) for found in folders)


def worked(person: store.Row) -> int:
    """Milliseconds that a person's jobs have run."""
    found = store.row(
        "select coalesce(sum(strftime('%s', coalesce(j.finished, 'now')) - strftime('%s', j.started)), 0) as seconds"
        " from job j join workflow w on w.id = j.workflow where w.owner = ?",
        person["id"],
    )
    return 1000 * int(found["seconds"]) if found else 0


def duration(raw: int) -> dict[str, Any]:
    """Milliseconds as REANA writes them."""
    hours, rest = divmod(raw // 1000, 3600)
    parts = [f"{value}{unit}" for value, unit in ((hours, "h"), (rest // 60, "m"), (rest % 60, "s")) if value]
    return {"human_readable": " ".join(parts) or "0s", "raw": raw}


def disk(person: store.Row) -> dict[str, Any]:
    """Usage, limit and health of the disk as `GET /you` tells them."""
    return _told(used(person), limits.DISK_QUOTA, workspace.size)


def cpu(person: store.Row) -> dict[str, Any]:
    """Usage, limit and health of the processors as `GET /you` tells them."""
    return _told(worked(person), limits.CPU_QUOTA, duration)


def _told(usage: int, limit: int, words: Callable[[int], dict[str, Any]]) -> dict[str, Any]:
    if not limit:
        return {"usage": words(usage)}
    health = "critical" if usage >= limit else "warning" if usage >= 0.8 * limit else "healthy"
    return {"health": health, "limit": words(limit), "usage": words(usage)}


def require_room(person: store.Row) -> None:
    """Raises Refusal in REANA's words where a person has used up what they may; asked before a create, an upload and a start."""
    full = [
        f"Resource: {name}, usage: {words(usage)['human_readable']} out of {words(most)['human_readable']} used ({round(100 * usage / most)}%)"
        for name, most, amount, words in (("cpu", limits.CPU_QUOTA, worked, duration), ("disk", limits.DISK_QUOTA, used, workspace.size))
        if most and (usage := amount(person)) >= most
    ]
    if full:
        raise Refusal(403, "\n".join(["User quota exceeded.", *full, f"Please see: {HELP}"]))
