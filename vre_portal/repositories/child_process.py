"""Run the child that fetches one repository, within its time, and check what it answers."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vre_portal.http import RemoteUnavailable
from vre_portal.jobs.fates import Refused
from vre_portal.repositories.addresses import named_hosts
from vre_portal.repositories.child import limits
from vre_portal.text import size, storable

PREFIX = "vre-repository-"
SPARE_SECONDS = 5  # after the child's own alarm
MAX_ANSWER_BYTES = 8 * 1024 * 1024
logger = logging.getLogger(__name__)
REASONS = {
    "ref": gettext_lazy(
        "The repository has no branch, tag or commit of this name. If its name has a slash, enter it in its own field, apart from the address."
    ),
    "empty": gettext_lazy("The repository is empty."),
    "refs": gettext_lazy("The repository has too many branches and tags to be read."),
    "private": gettext_lazy("The repository does not exist or is not public. Only public repositories can be read."),
    "none": gettext_lazy("No public git repository was found at this address. Paste the address that “git clone” uses."),
    "slow": gettext_lazy("The server took too long to list its branches and tags. Try again later."),
    "memory": gettext_lazy("Reading this repository needs too much memory."),
    "broken": gettext_lazy("The repository could not be read: its data are damaged."),
}
NOT_THERE = ("ref", "empty", "private", "none")  # the others may be of the moment


class NotThere(Refused):
    """The server says that there is no such repository, branch or tag; `has_repository` where only the branch or tag is missing."""

    def __init__(self, words: str, *, has_repository: bool = False) -> None:
        super().__init__(words)
        self.has_repository = has_repository


@dataclass(frozen=True)
class Fetched:
    """What the child answered."""

    commit: str
    files: list[list[Any]]
    left_out: dict[str, Any] = field(default_factory=dict)


def run(address: str, ref: str, folder: Path) -> Fetched:
    """Fetch into the folder, where `files.zip` is then. Raises Refused, or RemoteUnavailable where a retry may succeed."""
    return _fetched(_answer(address, folder, ref=ref, looks_only=False))


def look(address: str, ref: str, folder: Path) -> str:
    """The commit that the branch or tag names now. Raises Refused, or RemoteUnavailable where a retry may succeed."""
    return _commit(_answer(address, folder, ref=ref, looks_only=True))


def look_at_branches(address: str, refs: list[str], folder: Path) -> dict[str, str]:
    """The commit that each of these branches names now, without those that are not there. Raises as `look` does."""
    commits = _answer(address, folder, branches=refs).get("commits")
    if not isinstance(commits, dict):
        raise Refused(str(REASONS["broken"]))
    return {ref: _commit({"commit": commits[ref]}) for ref in refs if ref in commits}


def _answer(address: str, folder: Path, **what: Any) -> dict[str, Any]:
    """What the child answers, as far as it is no refusal."""
    wish = {"address": address, "named": named_hosts(), "folder": str(folder), "language": settings.LANGUAGE_CODE, **what}
    with tempfile.TemporaryFile() as answer:
        # In a session of its own, so that nothing of it is left when it is ended.
        child = subprocess.Popen(
            [sys.executable, "-m", "vre_portal.repositories.child"],
            stdin=subprocess.PIPE,
            stdout=answer,
            stderr=subprocess.PIPE,
            cwd=settings.BASE_DIR,
            env={"PATH": os.defpath, "HOME": str(folder), "TMPDIR": str(folder)},
            start_new_session=True,
        )
        try:
            _out, noise = child.communicate(json.dumps(wish).encode(), timeout=limits.SECONDS + SPARE_SECONDS)
        except subprocess.TimeoutExpired:
            noise = b""
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
        return _checked(answer, child.returncode, noise)


def _checked(stream: IO[bytes], code: int, noise: bytes) -> dict[str, Any]:
    """The answer, as far as it has the shape of one: a hostile repository may have taken over the child."""
    stream.seek(0)
    try:
        answer = json.loads(stream.read(MAX_ANSWER_BYTES))
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        logger.warning("the child that fetches repositories ended with code %s: %s", code, storable(noise[-300:].decode(errors="replace")))
        raise _ended(code)
    if "refused" in answer:
        raise Refused(storable(answer["refused"])[:400])
    if "reason" in answer:
        raise _refusal(str(answer["reason"]))
    return answer


def _commit(answer: dict[str, Any]) -> str:
    commit = answer.get("commit")
    if not isinstance(commit, str) or not re.fullmatch("[0-9a-f]{40}", commit):
        raise Refused(str(REASONS["broken"]))
    return commit


def _fetched(answer: dict[str, Any]) -> Fetched:
    commit, files, left_out = _commit(answer), answer.get("files"), answer.get("left_out")
    if not isinstance(files, list) or not isinstance(left_out, dict):
        raise Refused(str(REASONS["broken"]))
    if not all(isinstance(item, list) and [type(part) for part in item] == [str, int, str] for item in files):
        raise Refused(str(REASONS["broken"]))
    return Fetched(commit, files, left_out)


def _refusal(reason: str) -> Exception:
    if reason == "unavailable":
        return RemoteUnavailable(_("The server of the repository does not answer."))
    if reason == "bytes":
        return Refused(
            _("The repository is larger than %(size)s, the most that the portal fetches.") % {"size": size(limits.MAX_PACK_BYTES)}
        )
    words = str(REASONS.get(reason, REASONS["broken"]))
    return NotThere(words, has_repository=reason == "ref") if reason in NOT_THERE else Refused(words)


def _ended(code: int) -> Exception:
    """Why a child gave no answer: its limits ended it, or something else did."""
    if code in (-signal.SIGALRM, -signal.SIGKILL):
        return Refused(_("Fetching the repository took more than %(seconds)s seconds and was stopped.") % {"seconds": limits.SECONDS})
    return Refused(str(REASONS["memory"]))
