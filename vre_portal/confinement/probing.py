"""Whether this process can confine programs: by really trying it in a child."""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from vre_portal.confinement.failures import ChildFailed, Limits
from vre_portal.confinement.running import run_and_tell

PROBE = Path(__file__).parent / "programs" / "probe.py"
LIMITS = Limits(seconds=60)  # a machine that has just started is slow


@dataclass(frozen=True)
class Isolation:
    """Whether programs are confined, by what, and if not, why not."""

    ok: bool
    by: tuple[str, ...]
    why_not: str


_known: Isolation | None = None


def isolation() -> Isolation:
    """What the probe found, asked once in a process; a failure of the moment is asked again."""
    global _known
    if _known is None:
        found, lasts = probe()
        _known = found if lasts else None
        return found
    return _known


def probe() -> tuple[Isolation, bool]:
    """What a child says that tries what is forbidden, and whether that will stay so."""
    with tempfile.TemporaryDirectory() as outside:
        try:
            answer, by = run_and_tell(PROBE, python=Path(sys.executable), wish={"outside": f"{outside}/file"}, folder=None, limits=LIMITS)
        except ChildFailed as failed:
            return Isolation(False, (), str(failed)), failed.kind == "not isolated"
    if answer != {"could": [], "kept": True}:
        return Isolation(False, (), _("A test of the isolation failed: the tested process could do what it must not.")), True
    return Isolation(True, by, ""), True
