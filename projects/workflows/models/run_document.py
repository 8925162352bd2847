"""The specification of a run as it was launched: with its values, its settings of steps, its files and its data."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, override

from django.utils.functional import cached_property

from datalake.pages.addresses import did_address
from projects.workflows.launching.overrides import applied, rows
from projects.workflows.launching.yaml_values import as_shown
from projects.workflows.models.document import Document
from projects.workflows.models.run_fields import RunFields


class RunDocument(Document, RunFields):
    """What REANA is sent, and what pages show of it."""

    class Meta:
        abstract = True

    @property
    def content(self) -> dict[str, Any]:
        """The reana.yaml as REANA is sent it, with what this run changes in its steps."""
        return applied(super().content, self.overrides)

    @property
    def step_specifications(self) -> list[dict[str, Any]]:
        """The steps with the environments that this run gives them."""
        steps = enumerate(super().step_specifications)
        return [
            {**step, "environment": self.overrides.get(str(number), {}).get("environment", step["environment"])} for number, step in steps
        ]

    @property
    def override_rows(self) -> list[tuple[str, str, str, str]]:
        """Step, setting, value in this run and in the specification, of each difference."""
        return rows(super().content, self.overrides)

    @property
    @override
    def stored_reading(self) -> dict[str, Any]:
        return self.version.reading if self.version else {}

    @property
    @override
    def parameters_from_file(self) -> dict[str, Any] | None:
        return self.version.parameters_from_file if self.version else None

    @cached_property
    def stored_paths(self) -> frozenset[str]:
        """Where in the workspace the files of its specification go."""
        return frozenset(self.version.files.values_list("path", flat=True)) if self.version else frozenset(self.code)

    def stored_files(self) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
        """Path, size and content of each of them; the content is read when it is asked for, which raises OSError where it is gone."""
        if self.version is None:
            for path, text in self.code.items():
                body = text.encode()
                yield path, len(body), partial(bytes, body)
            return
        for file in self.version.files.select_related("stored"):
            yield file.path, file.stored.size, file.stored.read

    @property
    def is_outdated(self) -> bool:
        """Whether the workflow has a newer version than the one that this run used."""
        return self.version_id is not None and self.version_id != self.specification.current_id

    @property
    def parameter_rows(self) -> list[tuple[str, str, str]]:
        """Label, value as text and unit of each parameter, in the order of the specification."""
        hints = self.specification.hints
        known = [name for name in self.default_parameters if name in self.parameters]
        return [(hints.of(name).label or name, as_shown(self.parameters[name]), hints.of(name).unit) for name in known]

    @property
    def input_rows(self) -> list[tuple[str, str, str]]:
        """Path, DID and the DID's page of each data file."""
        rows = []
        for path, source in sorted(self.inputs.items()):
            scope, _, name = source["did"].partition(":")
            rows.append((path, source["did"], did_address("did", source["lake"], scope, name)))
        return rows
