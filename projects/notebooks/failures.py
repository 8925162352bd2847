"""Why a session did not start, in words: found in what the hub and the cluster behind it said, with what the person can do next.

The texts are those of JupyterHub, KubeSpawner, Kubernetes, and the hub of the local stack. The cause comes before its consequence: an image that
cannot be fetched ends as a start that took too long.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Cause:
    """What happened, and what to do."""

    kind: str
    what: Any
    next: Any
    text: re.Pattern[str]


def _cause(kind: str, what: Any, then: Any, *texts: str) -> Cause:
    return Cause(kind, what, then, re.compile("|".join(texts), re.IGNORECASE))


CAUSES = (
    _cause(
        "options",
        _("The hub does not offer what was asked for."),
        _("Start again with other settings. If the hub offered them a moment ago, its operators have changed its list."),
        r"does not offer that", r"can('t)? be started at", r"the only options are", r"no such profile", r"profile .{0,80}(not found|does not exist)",
    ),
    _cause(
        "image",
        _("The image of the environment could not be fetched."),
        _("Choose another environment, and report this one on its page. Trying again helps only if the registry was away."),
        r"ErrImagePull", r"ImagePullBackOff", r"InvalidImageName", r"failed to pull (and unpack )?image", r"failing to pull image",
        r"back-off pulling image", r"manifest (unknown|for .{1,200} not found)", r"pull access denied",
    ),
    _cause(
        "quota",
        _("The session would exceed a quota of the hub."),
        _("Stop a session that you don't need, or choose less CPU or memory. To get more, request a higher limit."),
        r"exceeded quota", r"failed quota", r"quota exceeded",
    ),
    _cause(
        "storage",
        _("Your disk could not be attached to the session."),
        _("Try again in a few minutes: an earlier session may still hold it. If that does not help, tell the hub's operators."),
        r"FailedMount", r"FailedAttachVolume", r"multi-attach error", r"unable to (attach or )?mount volumes",
        r"unbound immediate PersistentVolumeClaims", r"disk quota exceeded", r"no space left on device", r"folder for your notebooks could not",
    ),
    _cause(
        "full",
        _("The hub has no room for this session at the moment."),
        _("Try again later, or choose less CPU or memory, or no GPU."),
        r"insufficient (cpu|memory|nvidia\.com/gpu|ephemeral-storage|pods)", r"nodes are available", r"FailedScheduling", r"unschedulable",
        r"didn't trigger scale-up", r"too many pods", r"active user limit exceeded", r"too many users trying", r"too many pending spawns",
    ),
    _cause(
        "ended",
        _("The session ended while it was starting."),
        _("Try again once. If it ends again, choose another environment or more memory, and tell the hub's operators."),
        r"OOMKilled", r"CrashLoopBackOff", r"back-off restarting failed container", r"exited while it was starting", r"could not start",
        r"is not installed here",
    ),
    _cause(
        "late",
        _("The session took too long to start."),
        _("Try again: the first start of an environment takes longest. If it is late again, tell the hub's operators."),
        r"did not start in \d+ seconds", r"didn't respond in \d+ seconds", r"timeout", r"timed out", r"failed to start in \d+ seconds",
    ),
)  # fmt: skip


def cause_of(message: str, hub_log: str = "") -> Cause | None:
    """The first cause that the texts name; None where they name none that is known."""
    text = f"{message}\n{hub_log}"
    return next((cause for cause in CAUSES if cause.text.search(text)), None)
