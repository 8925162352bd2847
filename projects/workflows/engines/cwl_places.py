"""Places that values of a CWL workflow name and that are not in the workspace: its engine reads them from the top of the workspace on."""

import posixpath
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from projects.workflows.engines.parameters import Parameters
from projects.workflows.reana_yaml import workspace_path

FILE_URL = "file://"
MOUNTED = ("/cvmfs/", "/eos/")  # file systems that steps may have beside the workspace


def outside_workspace(name: str, value: Any, parameters: Parameters) -> Iterator[str]:
    """A sentence for each file and folder that the value of an input names elsewhere."""
    for place in dict.fromkeys(_places(value)):
        path = place.removeprefix(FILE_URL)
        words = {"name": name[:200], "place": place[:200]}
        if path.startswith("/"):
            if not path.startswith(MOUNTED):
                yield _("The input “%(name)s” names %(place)s, which is not in the workspace. Write the path of a file in it.") % words
        elif path != place:
            yield _("The input “%(name)s” names %(place)s. Write it without file://: %(path)s.") % {**words, "path": path[:200]}
        elif "://" not in place and ".." in posixpath.normpath(place).split("/"):
            text = _("The input “%(name)s” names %(place)s, which leads out of the workspace: REANA reads paths from its top on.")
            meant = _meant(place, parameters)
            yield text % words + (" " + _("Write %(path)s.") % {"path": meant[:200]} if meant else "")


def _meant(place: str, parameters: Parameters) -> str:
    """The place as it is seen from the file with the values, where that is in the workspace."""
    path = posixpath.relpath(posixpath.join(posixpath.dirname(parameters.file), place), parameters.root or ".")
    return workspace_path(path) or ""


def _places(value: Any) -> Iterator[str]:
    """Every place in the value, however deep."""
    if isinstance(value, dict):
        place = value.get("path", value.get("location"))
        if value.get("class") in ("File", "Directory") and isinstance(place, str):
            yield place
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _places(item)
