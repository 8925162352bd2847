"""The header of an ECSV file, measured before anything is built of it: aliases make a few lines into millions of values."""

from collections.abc import Iterable, Iterator
from textwrap import dedent

import yaml
from django.utils.translation import gettext as _

from datalake.files.preview_child.limits import NoPreview
from vre_portal import bounded_yaml

MAX_VALUES, MAX_DEPTH = 20_000, 50


def check(lines: Iterable[str]) -> None:
    """Measure the header of a file; raises NoPreview where it holds too much, is nested too deeply, or is no YAML."""
    try:
        bounded_yaml.measure(dedent("\n".join(list(header_of(lines))[1:])), max_nodes=MAX_VALUES, max_depth=MAX_DEPTH)
    except bounded_yaml.BadYaml as error:
        raise NoPreview(_("The header is too large for a preview: %(reason)s.") % {"reason": error}) from None
    except yaml.YAMLError:
        raise NoPreview(_("The header is not valid YAML, so this is not an ECSV file.")) from None


def header_of(lines: Iterable[str]) -> Iterator[str]:
    """The lines that astropy reads as the header: those in front that begin with "#", whatever blanks stand before or behind it."""
    for line in map(str.strip, lines):
        if line and not line.startswith("#"):
            return
        if line[1:]:
            yield line[1:]
