"""How much one specification may bring with it."""

from django.utils.translation import gettext as _

MAX_FILES = 2000  # of one version
MAX_BYTES = 60 * 1024 * 1024  # of one version, as of what is fetched
MAX_FILE_BYTES = 10 * 1024 * 1024  # of an upload; a repository's files are limited where they are fetched
MAX_ENTRIES = 20_000  # of a zip, those of folders among them
MAX_LIST_BYTES = 4 * 1024 * 1024  # of the list of files in a zip
MAX_PATH = 300
MAX_CANDIDATES = 500  # files that an engine may want to include, of the kinds that engines include
MAX_CANDIDATE_BYTES = 8 * 1024 * 1024
MAX_FURTHER_FILE_BYTES = 1024 * 1024  # of another file that an engine may read
MAX_FURTHER_BYTES = 4 * 1024 * 1024
WITHOUT_CONTENT = ("lfs", "large")  # why a file of the repository has no content here, though data could take its place
MAX_SENTENCES = 20  # of one kind that are kept of what is wrong or worth knowing
MAX_SPECIFICATIONS = 30  # that are offered to choose from


def few(sentences: list[str]) -> list[str]:
    """The first ones, each once, and how many more there are."""
    once = list(dict.fromkeys(sentences))
    more = [_("… and %(n)s more.") % {"n": len(once) - MAX_SENTENCES}] if len(once) > MAX_SENTENCES else []
    return once[:MAX_SENTENCES] + more
