"""How much of the disk a person uses, and the refusal where that is more than they may."""

from typing import Any

from devstack.reana import limits, store, workspace
from devstack.reana.errors import Refusal

HELP = "https://docs.reana.io/advanced-usage/user-quotas"


def used(person: store.Row) -> int:
    """Bytes in all workspaces of a person that are not deleted."""
    folders = store.rows("select distinct workspace from workflow where owner = ? and status != 'deleted'", person["id"])
    return sum(workspace.total(workspace.folder(found)) for found in folders)


def disk(person: store.Row) -> dict[str, Any]:
    """Usage, limit and health as `GET /you` tells them."""
    usage = used(person)
    if not limits.DISK_QUOTA:
        return {"usage": workspace.size(usage)}
    health = "critical" if usage >= limits.DISK_QUOTA else "healthy"
    return {"health": health, "limit": workspace.size(limits.DISK_QUOTA), "usage": workspace.size(usage)}


def require_room(person: store.Row) -> None:
    """Raises Refusal in REANA's words where the person has used up their disk; asked before a create, an upload and a start."""
    if not limits.DISK_QUOTA or (usage := used(person)) < limits.DISK_QUOTA:
        return
    size, most = workspace.size(usage)["human_readable"], workspace.size(limits.DISK_QUOTA)["human_readable"]
    share = round(100 * usage / limits.DISK_QUOTA)
    raise Refusal(403, f"User quota exceeded.\nResource: disk, usage: {size} out of {most} used ({share}%)\nPlease see: {HELP}")
