"""Templates of projects: what each is for, and the outline of its description, of which every line is to be replaced."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


@dataclass(frozen=True)
class Outline:
    """One template."""

    title: Words
    about: Words
    sections: Sequence[tuple[Words, Sequence[Words]]]  # heading, and the lines below it

    @property
    def text(self) -> str:
        """The description that a project begins with, as Markdown."""
        return "\n\n".join(f"## {heading}\n\n" + "\n".join(f"- {line}" for line in lines) for heading, lines in self.sections)

    def untouched(self, description: str) -> list[str]:
        """The lines of the outline that a description still has as they were."""
        written = {line.strip().removeprefix("- ").strip() for line in description.splitlines()}
        return [str(line) for _heading, lines in self.sections for line in lines if str(line) in written]


OUTLINES: dict[str, Outline] = {
    "analysis": Outline(
        _("Analysis"),
        _("A question that you answer with data: for example a search, a measurement or a comparison."),
        (
            (_("Question"), (_("Write here what you want to find out, and why it matters."),)),
            (_("Data"), (_("Name here the data that the analysis uses, and their limits."),)),
            (_("Method"), (_("Describe here the steps of the analysis and the software."),)),
            (_("Result"), (_("Give here the main numbers with their uncertainties."),)),
            (_("How to repeat it"), (_("Say here which workflow to launch, with which parameters."),)),
        ),
    ),
    "release": Outline(
        _("Data release"),
        _("Data that others use: what they contain, how good they are, and how to cite them."),
        (
            (_("Contents"), (_("List here the datasets with their formats and sizes."),)),
            (_("How the data were taken"), (_("Describe here the instrument, the period and the selection."),)),
            (_("Quality"), (_("State here the known problems and uncertainties."),)),
            (_("How to use the data"), (_("Give here the shortest example that opens a file."),)),
            (_("How to cite"), (_("Name here the publication and the DOI to cite."),)),
        ),
    ),
    "instrument": Outline(
        _("Instrument"),
        _("A detector or telescope: its performance, calibration and simulations."),
        (
            (_("The instrument"), (_("Describe here what it measures, where it is and since when."),)),
            (_("Performance"), (_("Give here the response functions and sensitivities."),)),
            (_("Calibration and simulation"), (_("Name here the calibration and simulation data."),)),
            (_("Contact"), (_("Say here who answers questions about the instrument."),)),
        ),
    ),
    "school": Outline(
        _("School"),
        _("A course or a hands-on session: material, data and notebooks for participants."),
        (
            (_("What participants learn"), (_("Write here what participants can do afterwards."),)),
            (_("Before the school"), (_("List here accounts, knowledge and software that participants need."),)),
            (_("Programme"), (_("List here the sessions with their dates."),)),
            (_("Exercises"), (_("Link here the notebooks and data of each exercise."),)),
        ),
    ),
}
