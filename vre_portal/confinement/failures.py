"""What a confined program may use, and why it gave no answer, in words for people."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vre_portal.text import size

MEGABYTE = 1024 * 1024
WHY_NOT = {
    "landlock": gettext_lazy("The system has no Landlock: it needs Linux 5.13 or later, with Landlock switched on."),
    "machine": gettext_lazy("The portal can isolate programs only on the processors x86_64 and aarch64."),
    "seccomp": gettext_lazy("The system does not let the portal restrict a process by seccomp."),
}


@dataclass(frozen=True)
class Limits:
    """What one program may use; bytes where nothing else is said."""

    seconds: float = 20  # by the clock
    cpu_seconds: int = 15
    memory: int = 512 * MEGABYTE
    answer: int = 8 * MEGABYTE
    scratch: int = 32 * MEGABYTE


class ChildFailed(Exception):
    """A confined program gave no answer. The text is for people; `kind` is time, memory, crash, answer or "not isolated".

    `by_clock`: it was stopped although it had computing time left, as on a busy machine; the same again may be answered.
    """

    def __init__(self, kind: str, text: str, *, by_clock: bool = False) -> None:
        super().__init__(text)
        self.kind, self.by_clock = kind, by_clock


def failure(kind: str, limits: Limits, why: str = "", *, by_clock: bool = False) -> ChildFailed:
    """The failure of this kind in words; `why` is the child's word for what the system lacks."""
    texts = {
        "time": _("Reading it was stopped: it may take %(computing)s s of computing time, and %(seconds)s s in all.")
        % {"computing": limits.cpu_seconds, "seconds": f"{limits.seconds:g}"},
        "memory": _("Reading it needs more than %(memory)s of memory or %(disk)s of temporary files.")
        % {"memory": size(limits.memory), "disk": size(limits.scratch)},
        "answer": _("Reading it gave no usable result, or one larger than %(size)s.") % {"size": size(limits.answer)},
        "not isolated": str(WHY_NOT.get(why) or _("The system does not let the portal isolate programs.")),
    }
    kind = kind if kind in texts else "crash"
    return ChildFailed(kind, texts.get(kind) or _("The program that reads it ended unexpectedly."), by_clock=by_clock)
