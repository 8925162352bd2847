"""Which version of the workflow a launch form was filled in for: another one is never launched with its values unseen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from django import forms
from django.http import Http404
from django.utils.translation import gettext as _

from projects.workflows.models import Run, Specification, SpecificationVersion, VersionFile
from vre_portal.text import number_of, plain

FILE_NAME = "reana.yaml"  # where the specification has no name of its own
SHOWN, MAX_FILES = 80, 10  # characters of a path that is named, and how many are


def at_version(specification: Specification, number: str) -> Specification:
    """The workflow as it was at the version of a number, as it is where none is named. Raises Http404 where it has no such version."""
    if not number:
        return specification
    version = specification.versions.filter(number=number_of(number) or 0).first()
    if version is None:
        raise Http404(_("This workflow has no such version."))
    return specification.as_of(version)


class VersionPart(forms.Form):
    """The number of the version in `version`; programs need not name one."""

    specification: Specification
    version = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput)

    @property
    def current_version(self) -> str:
        """The number of the version that would be launched; "0" for a workflow without versions."""
        return str(self.specification.current.number) if self.specification.current else "0"

    @property
    def old_version(self) -> int | None:
        """The version whose form was filled in, where another one is current by now."""
        filled_in = self.data.get("version") if self.is_bound else None
        return None if filled_in in (None, "", self.current_version) else number_of(str(filled_in))


@dataclass(frozen=True)
class VersionChange:
    """What differs between the version that an earlier run used and the one that is about to be launched."""

    run: Run
    before: SpecificationVersion
    now: SpecificationVersion
    files: tuple[str, ...]  # of the workflow, with the word that a new or removed one has behind it

    @property
    def shown_files(self) -> str:
        """The first of them, as one text."""
        return ", ".join(self.files[:MAX_FILES]) + (", …" if len(self.files) > MAX_FILES else "")


def version_change(run: Run | None, specification: Specification) -> VersionChange | None:
    """What differs since the run; None where it used the same version, or one that the portal does not have."""
    now = specification.current
    before = run.version if run else None
    if run is None or before is None or now is None or before.pk == now.pk:
        return None
    files: dict[int, dict[str, int]] = {before.pk: {}, now.pk: {}}
    for version, path, stored in VersionFile.objects.filter(version__in=files).values_list("version", "path", "stored"):
        files[version][path] = stored
    text = [PurePosixPath(specification.path).name or FILE_NAME] if run.text != specification.text else []
    return VersionChange(run, before, now, (*text, *_changed(files[before.pk], files[now.pk])))


def _changed(before: Mapping[str, int], now: Mapping[str, int]) -> Iterator[str]:
    """Each path whose stored content differs, as a page names it."""
    for path in sorted(before.keys() | now.keys()):
        shown = {"path": plain(path)[:SHOWN]}
        if path not in now:
            yield _("%(path)s (removed)") % shown
        elif path not in before:
            yield _("%(path)s (new)") % shown
        elif before[path] != now[path]:
            yield shown["path"]
