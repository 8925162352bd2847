"""Names for datasets of kept results, as services.toml has them for a lake."""

from projects.workflows.models import Run
from vre_portal.folding import fold
from vre_portal.services import Service

DEFAULT = "{specification}.run{number}"


def suggested_name(lake: Service, run: Run) -> str:
    """The name that the form begins with: of the lake's option `kept_names` the first entry whose `theme` the project's theme contains.

    An entry without a theme fits every project; {specification} and {number} are put in.
    """
    theme = fold(run.project.theme)
    entries = lake.options.get("kept_names") or ()
    pattern = next((item["name"] for item in entries if fold(str(item.get("theme", ""))) in theme), DEFAULT)
    return str(pattern).replace("{specification}", run.specification.name).replace("{number}", str(run.number))
