"""What a basket becomes: code for notebooks, files, citations, a message. Each target says what it leaves out, and why."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from projects.baskets.targets import citations, crate, message, notebook, rucio_list, script, table
from projects.baskets.targets.writing import Target, Use

TARGETS: Mapping[str, Target] = {
    target.key: target
    for target in (notebook.TARGET, rucio_list.TARGET, script.TARGET, table.TARGET, citations.TARGET, crate.TARGET, message.TARGET)
}

DATASET = Use("dataset", _("Dataset near the compute"), _("Create a dataset and copy it to where jobs run"), "database")
LAUNCH = Use("launch", _("Inputs of a run"), _("Fill in the launch form of a workflow"), "rocket")
OWN_USES: Sequence[Use] = (DATASET, LAUNCH, *TARGETS.values())  # those of one's own basket
