"""What the engines and the checks of what they read are called."""

from django.utils.translation import gettext_lazy

from projects.workflows.reana_yaml import ENGINE_TITLES
from projects.workflows.validation_results import BACKENDS, COMMANDS, OPERATIONS, PARAMETERS

TITLES = ENGINE_TITLES
WORKFLOW = gettext_lazy("Workflow file")  # what reana-client reads with the specification file, without a line of its own
LATER = (PARAMETERS, COMMANDS, OPERATIONS, BACKENDS)
