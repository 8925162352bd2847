"""One tone and one icon for every state word that the portal, REANA, Rucio or JupyterHub uses."""

BUSY, OK, WARN, BAD, IDLE, INFO = "busy", "ok", "warn", "bad", "idle", "info"

_STATES: dict[tuple[str, ...], tuple[str, str]] = {
    ("queued", "pending", "waiting", "created", "requested", "asked", "draft", "submitted"): (IDLE, "hourglass"),
    ("submitting", "starting", "running", "stopping", "replicating", "queuing", "harvesting"): (BUSY, "loader"),
    ("uploading", "downloading", "copying", "deleting", "inject", "stagein", "sending", "granting", "ending"): (BUSY, "loader"),
    ("finished", "ok", "up", "ready", "available", "done", "approved", "closed", "kept"): (OK, "circle-check"),
    ("published", "active", "completed", "granted", "online", "passed", "copied"): (OK, "circle-check"),
    ("failed", "down", "off", "bad", "error", "rejected", "refused", "lost", "unavailable", "declined"): (BAD, "circle-x"),
    ("stuck", "failing", "degraded", "suspended", "unknown", "stale", "suspicious", "expired", "missing"): (WARN, "triangle-alert"),
    ("stopped", "cancelled", "deleted", "idle", "skipped", "withdrawn", "ended"): (IDLE, "circle-stop"),
    ("open", "public"): (INFO, "globe"),
    ("not checked",): (IDLE, "circle-question-mark"),
    ("receiving", "checking", "moving"): (BUSY, "loader"),
    ("read-only", "write-only"): (INFO, "lock"),
    ("members", "private", "embargoed", "restricted"): (IDLE, "lock"),
}
_BY_WORD = {word: look for words, look in _STATES.items() for word in words}


def look(word: str) -> tuple[str, str]:
    """Tone and icon of a state; an unknown word gets a neutral look and is still shown as it is."""
    return _BY_WORD.get(word.strip().lower(), (IDLE, "circle-dashed"))
