"""Management commands of the demonstration IAM: `python -m devstack.iam.manage person member --remove escape/km3net`."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "devstack.iam.settings"  # whatever the caller has for itself
    execute_from_command_line(sys.argv)
