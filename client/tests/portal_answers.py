"""What a portal says about items and baskets."""

from typing import Any


def item(number: int = 1, name: str = "events.fits", **more: Any) -> dict[str, Any]:
    """An item as the portal describes a file."""
    return {
        "id": number, "kind": "did", "value": f"lake:scope:{name}", "title": name, "label": "File", "note": "", "url": "/datalake/",
        "lake": "lake", "scope": "scope", "name": name, "type": "FILE", "bytes": None, "doi": None, **more,
    }  # fmt: skip


def basket(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A page of a basket."""
    return {"id": 7, "name": "For the paper", "items": list(items), "left_out": 0, "next": None, **more}
