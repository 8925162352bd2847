"""One tone, one icon and one label for every state word that the portal, REANA, Rucio or JupyterHub uses."""

from django.utils.translation import pgettext_lazy

BUSY, OK, WARN, BAD, IDLE, INFO = "busy", "ok", "warn", "bad", "idle", "info"

_STATES: dict[tuple[str, ...], tuple[str, str]] = {
    ("queued", "pending", "waiting", "waiting_approval", "created", "requested", "asked", "draft", "submitted"): (IDLE, "hourglass"),
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
# What a page shows for the word.
_LABELS = {
    "queued": pgettext_lazy("state", "queued"),
    "pending": pgettext_lazy("state", "pending"),
    "waiting": pgettext_lazy("state", "waiting"),
    "waiting_approval": pgettext_lazy("state", "waiting for approval"),
    "created": pgettext_lazy("state", "created"),
    "requested": pgettext_lazy("state", "requested"),
    "asked": pgettext_lazy("state", "requested"),
    "draft": pgettext_lazy("state", "draft"),
    "submitted": pgettext_lazy("state", "submitted"),
    "submitting": pgettext_lazy("state", "submitting"),
    "starting": pgettext_lazy("state", "starting"),
    "running": pgettext_lazy("state", "running"),
    "stopping": pgettext_lazy("state", "stopping"),
    "replicating": pgettext_lazy("state", "replicating"),
    "queuing": pgettext_lazy("state", "queuing"),
    "harvesting": pgettext_lazy("state", "harvesting"),
    "uploading": pgettext_lazy("state", "uploading"),
    "downloading": pgettext_lazy("state", "downloading"),
    "copying": pgettext_lazy("state", "copying"),
    "deleting": pgettext_lazy("state", "deleting"),
    "inject": pgettext_lazy("state", "starting"),
    "stagein": pgettext_lazy("state", "staging in"),
    "sending": pgettext_lazy("state", "sending"),
    "granting": pgettext_lazy("state", "granting"),
    "ending": pgettext_lazy("state", "ending"),
    "finished": pgettext_lazy("state", "finished"),
    "ok": pgettext_lazy("state", "ok"),
    "up": pgettext_lazy("state", "up"),
    "ready": pgettext_lazy("state", "ready"),
    "available": pgettext_lazy("state", "available"),
    "done": pgettext_lazy("state", "done"),
    "approved": pgettext_lazy("state", "approved"),
    "closed": pgettext_lazy("state", "closed"),
    "kept": pgettext_lazy("state", "kept"),
    "published": pgettext_lazy("state", "published"),
    "active": pgettext_lazy("state", "active"),
    "completed": pgettext_lazy("state", "completed"),
    "granted": pgettext_lazy("state", "granted"),
    "online": pgettext_lazy("state", "online"),
    "passed": pgettext_lazy("state", "passed"),
    "copied": pgettext_lazy("state", "copied"),
    "failed": pgettext_lazy("state", "failed"),
    "down": pgettext_lazy("state", "down"),
    "off": pgettext_lazy("state", "off"),
    "bad": pgettext_lazy("state", "bad"),
    "error": pgettext_lazy("state", "error"),
    "rejected": pgettext_lazy("state", "rejected"),
    "refused": pgettext_lazy("state", "refused"),
    "lost": pgettext_lazy("state", "lost"),
    "unavailable": pgettext_lazy("state", "unavailable"),
    "declined": pgettext_lazy("state", "declined"),
    "stuck": pgettext_lazy("state", "stuck"),
    "failing": pgettext_lazy("state", "failing"),
    "degraded": pgettext_lazy("state", "degraded"),
    "suspended": pgettext_lazy("state", "suspended"),
    "unknown": pgettext_lazy("state", "unknown"),
    "stale": pgettext_lazy("state", "stale"),
    "suspicious": pgettext_lazy("state", "suspicious"),
    "expired": pgettext_lazy("state", "expired"),
    "missing": pgettext_lazy("state", "missing"),
    "stopped": pgettext_lazy("state", "stopped"),
    "cancelled": pgettext_lazy("state", "cancelled"),
    "deleted": pgettext_lazy("state", "deleted"),
    "idle": pgettext_lazy("state", "idle"),
    "skipped": pgettext_lazy("state", "skipped"),
    "withdrawn": pgettext_lazy("state", "withdrawn"),
    "ended": pgettext_lazy("state", "ended"),
    "open": pgettext_lazy("state", "open"),
    "public": pgettext_lazy("state", "public"),
    "not checked": pgettext_lazy("state", "not checked"),
    "receiving": pgettext_lazy("state", "receiving"),
    "checking": pgettext_lazy("state", "checking"),
    "moving": pgettext_lazy("state", "moving"),
    "read-only": pgettext_lazy("state", "read-only"),
    "write-only": pgettext_lazy("state", "write-only"),
    "members": pgettext_lazy("state", "members only"),
    "private": pgettext_lazy("state", "private"),
    "embargoed": pgettext_lazy("state", "embargoed"),
    "restricted": pgettext_lazy("state", "restricted"),
}
_BY_WORD = {word: look for words, look in _STATES.items() for word in words}


def look(word: str) -> tuple[str, str]:
    """Tone and icon of a state; an unknown word gets a neutral look."""
    return _BY_WORD.get(word.strip().lower(), (IDLE, "circle-dashed"))


def label(word: str) -> str:
    """What a page shows for a state; an unknown word is shown as it is."""
    return str(_LABELS.get(word.strip().lower(), word))
