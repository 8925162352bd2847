"""A run once more as it was: the launch form with its own values, and what is not the same any more."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.workflows.failures import cause_of
from projects.workflows.forms import LaunchForm
from projects.workflows.inputs import lineage
from projects.workflows.inputs.since import Checksums, compare_checksums, recorded
from projects.workflows.launching import again_facts, overrides
from projects.workflows.launching.field_values import sent_untouched
from projects.workflows.launching.input_rows import InputRow, input_rows
from projects.workflows.launching.offers import Offer
from projects.workflows.launching.version_part import VersionChange, version_change
from projects.workflows.models import Run, Specification
from projects.workflows.preflight import images
from projects.workflows.preflight.plan import of_specification
from vre_portal.container_images.names import parsed
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, services
from vre_portal.text import plain

MAX_NAMED = 10
MAX_ERROR, MAX_LINE = 2200, 300  # characters that are read of a reason, and that are shown of its first line


def version_of(run: Run, specification: Specification) -> Specification:
    """The workflow as it was when the run used it; as it is where the portal does not have that version."""
    return specification.as_of(run.version) if run.version else specification


def form_of(run: Run, specification: Specification, *, key: str, reader: User, offers: dict[str, Offer]) -> LaunchForm:
    """The launch form as if somebody had opened it from the run and sent it without a change."""
    opened = LaunchForm(None, specification=specification, previous=run, reader=reader, offers=offers)
    values = {name: _sent(opened, name) for name in opened.fields}
    values |= {"key": key, "version": opened.current_version}
    if "server" in opened.fields:
        values["server"] = opened.chosen_server
    form = LaunchForm(values, specification=specification, previous=run, reader=reader, offers=offers)
    form.notes = opened.notes
    return form


def _sent(form: LaunchForm, name: str) -> str:
    field = form.fields[name]
    return sent_untouched(field) if name.startswith("p-") else str(field.initial or "")


@dataclass(frozen=True)
class Again:
    """What a page says before the run is launched once more; the form was checked."""

    run: Run
    form: LaunchForm
    person: User
    is_asked: bool = False  # whether the lakes are asked for checksums, and registries for the images that tags name

    @cached_property
    def version(self) -> VersionChange | None:
        """What differs where another version is to be launched than the run used."""
        return version_change(self.run, self.form.specification)

    @property
    def is_named(self) -> bool:
        """Whether the press has to name the version that the page shows: the run used another one, or none that the portal has."""
        return self.form.specification.current is not None and (self.version is not None or self.run.version is None)

    @cached_property
    def inputs(self) -> list[InputRow]:
        return input_rows(self.form, self.person, self.run.project)

    @property
    def server(self) -> str:
        """That the run goes to another server than before; empty where it does not."""
        titles = {item.name: item.title for item in services(ServiceKind.REANA)}
        if self.run.server in titles or not titles:
            return ""
        text = _("The run used the server “%(before)s”, which this portal does not have any more. It starts on %(now)s.")
        return text % {"before": self.run.server, "now": titles[self.form.chosen_server]}

    @property
    def parameter_rows(self) -> list[tuple[str, str, str]]:
        """Label, value and unit of each parameter that is sent."""
        return again_facts.parameter_rows(self.form)

    @property
    def bound_inputs(self) -> list[lineage.InputRow]:
        """Each input with the data that are read."""
        return list(again_facts.bound_inputs(self.form, self.inputs))

    @property
    def settings(self) -> list[tuple[str, str, str, str]]:
        """Step, setting, value and value in the specification, of each setting that is changed."""
        return overrides.rows(self.form.specification.content, self.form.planned_overrides)

    @property
    def server_title(self) -> str:
        """The server on which it starts."""
        return next((item.title for item in services(ServiceKind.REANA) if item.name == self.form.chosen_server), "")

    @property
    def failure(self) -> str:
        """Which step of the run failed, and why, in one line: the same launch may fail again; empty where it did not."""
        if self.run.status != Run.Status.FAILED:
            return ""
        first, _line_end, rest = self.run.error.strip()[:MAX_ERROR].partition("\n")
        return " ".join(filter(None, [first[:MAX_LINE], cause_of(rest)])) or _("No reason is known.")

    @property
    def values(self) -> list[str]:
        """Parameters and inputs that are other ones than in the run, a sentence each: what could not be taken over, and what is new."""
        notes = [note for note in self.form.notes if note != self.form.field_notes.get("server")]  # which has a sentence of its own
        return [*notes, *again_facts.news(self.run, self.form)]

    @property
    def missing(self) -> list[str]:
        """What can no longer be read, a sentence each."""
        return [
            _("%(path)s: %(reason)s") % {"path": row.path, "reason": row.row.words} for row in self.inputs if row.row and row.row.is_wrong
        ]

    @cached_property
    def checksums(self) -> Checksums:
        """What the lakes say of them, where they are asked."""
        if not self.is_asked:
            return Checksums({}, 0)
        before = recorded(self.run, self.form.planned_inputs)
        return compare_checksums(self.person, before, [row.row for row in self.inputs if row.row])

    @cached_property
    def changed(self) -> list[str]:
        """Inputs whose content is another one, a sentence each."""
        since = {row.path: row.since for row in self.inputs if row.since} | dict(self.checksums.changed)
        return [_("%(path)s: %(reason)s") % {"path": path, "reason": words} for path, words in since.items()]

    @property
    def not_stored(self) -> str:
        """That the version which the run used cannot be launched; empty where it can, or is the same."""
        specification = self.form.specification
        if self.run.version is not None or (self.run.text, self.run.commit) == (specification.text, specification.commit):
            return ""
        return _("The portal has no copy of the version that the run used. The current version is used.")

    @cached_property
    def _tagged(self) -> list[str]:
        """The images that are named by a tag, which may name another image by now."""
        form = self.form
        plan = of_specification(
            form.specification,
            person=self.person,
            project=self.run.project,
            server=form.chosen_server,
            overrides=form.planned_overrides,
            inputs=form.planned_inputs,
        )
        return [text for text in plan.images if (name := parsed(text)) is not None and not name.is_digest]

    @cached_property
    def _digests(self) -> dict[str, str]:
        """The digests of these images now, as far as they are known."""
        return images.look_up_digests(self._tagged) if self.is_asked else images.known_digests(self._tagged)

    @property
    def moved(self) -> list[str]:
        """Images whose tag points to another one than in the run, a sentence each."""
        return images.moved(self.run.image_digests, self._digests)

    @property
    def tags(self) -> str:
        """That tags may point to other images than in the run, where nothing shows whether they do; empty where it is known of all."""
        names = [name for name in self._tagged if name not in self.run.image_digests or name not in self._digests]
        if not names:
            return ""
        text = ngettext(
            "This image is named by a tag and not by a digest, so it may have changed: %(names)s.",
            "These images are named by a tag and not by a digest, so they may have changed: %(names)s.",
            len(names),
        )
        return text % {"names": ", ".join(plain(name)[:200] for name in names[:MAX_NAMED]) + (", …" if len(names) > MAX_NAMED else "")}

    @property
    def reasons(self) -> list[str]:
        """Why it cannot be launched like this, a sentence each; empty where nothing is known to stand against it."""
        found: list[Any] = [*self.form.non_field_errors()]
        for name, errors in self.form.errors.items():
            if name in self.form.fields:
                label = str(self.form.fields[name].label or name)
                found += [_("%(path)s: %(reason)s") % {"path": label, "reason": error} for error in errors]
        return found

    @property
    def is_same(self) -> bool:
        """Whether nothing is known to differ from the run."""
        parts = (self.version, self.server, self.values, self.missing, self.changed, self.moved, self.not_stored)
        return not any(parts)

    @property
    def can_ask(self) -> bool:
        """Whether lakes or registries have anything to say that the portal does not know itself."""
        unknown = [name for name in self._tagged if name in self.run.image_digests and name not in self._digests]
        return bool(self.run.inputs or unknown) and not self.is_asked
