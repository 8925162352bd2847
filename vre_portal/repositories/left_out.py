"""What of a repository the portal has not kept, in sentences."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from vre_portal.repositories.child import limits
from vre_portal.text import plain, size

SENTENCES = {
    "link": ngettext_lazy("%(count)s symbolic link is not followed", "%(count)s symbolic links are not followed", "count"),
    "submodule": ngettext_lazy("%(count)s submodule is not fetched", "%(count)s submodules are not fetched", "count"),
    "lfs": ngettext_lazy(
        "The content of %(count)s file is in Git LFS and is not fetched",
        "The content of %(count)s files is in Git LFS and is not fetched",
        "count",
    ),
    "large": ngettext_lazy("%(count)s file is too large", "%(count)s files are too large", "count"),
    "files": ngettext_lazy("%(count)s file is beyond the limit", "%(count)s files are beyond the limit", "count"),
    "name": ngettext_lazy("%(count)s file has a name that is not allowed", "%(count)s files have names that are not allowed", "count"),
    "twice": ngettext_lazy(
        "%(count)s file is there twice, and the first one was taken",
        "%(count)s files are there twice, and the first one was taken",
        "count",
    ),
    "packed": ngettext_lazy(
        "%(count)s file is encrypted or not compressed with Deflate",
        "%(count)s files are encrypted or not compressed with Deflate",
        "count",
    ),
    "deep": ngettext_lazy("%(count)s folder is nested too deeply", "%(count)s folders are nested too deeply", "count"),
    "missing": ngettext_lazy("%(count)s file is missing in the repository", "%(count)s files are missing in the repository", "count"),
}
ENTRIES = gettext_lazy("The repository has more than %(limit)s files and folders; the others were not read.")
LIMITS = gettext_lazy("At most %(files)s files, %(file)s each and %(all)s in total, are kept.")


def sentences(left_out: dict[str, Any]) -> list[str]:
    """One sentence for each reason, with the first names."""
    lines = []
    for reason, facts in left_out.items():
        if reason == "entries":
            lines.append(str(ENTRIES) % {"limit": f"{limits.MAX_ENTRIES:,}"})
        elif reason in SENTENCES:
            count, names = int(facts["count"]), [plain(name) for name in facts["names"][:5]]
            sentence = str(SENTENCES[reason] % {"count": count})
            lines.append(_("%(sentence)s: %(names)s.") % {"sentence": sentence, "names": ", ".join(names) + (", …" if count > 5 else "")})
    if left_out.keys() & {"large", "files"}:
        facts = {"files": f"{limits.MAX_FILES:,}", "file": size(limits.MAX_FILE_BYTES), "all": size(limits.MAX_BYTES)}
        lines.append(str(LIMITS) % facts)
    return lines
