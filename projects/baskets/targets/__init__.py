"""What a basket becomes: code for notebooks, files, citations, a message. Each target says what it leaves out, and why."""

from collections.abc import Mapping

from projects.baskets.targets import citations, crate, message, notebook, rucio_list, script, table
from projects.baskets.targets.writing import Target

TARGETS: Mapping[str, Target] = {
    target.key: target
    for target in (notebook.TARGET, rucio_list.TARGET, script.TARGET, table.TARGET, citations.TARGET, crate.TARGET, message.TARGET)
}
