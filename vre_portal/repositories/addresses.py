"""The addresses of repositories as people copy them, in the one form in which they are fetched."""

import re
from urllib.parse import SplitResult, unquote, urlsplit

from django.utils.translation import gettext as _

from vre_portal.address_guard import AddressRefused, check_address
from vre_portal.services import ServiceKind, services
from vre_portal.text import is_storable

MAX_REF, MAX_FILE = 200, 300  # characters
# As `git clone` takes them over SSH: only the form with ssh:// can name a port.
_SSH = re.compile(r"ssh://git@([A-Za-z0-9.-]+)(?::[0-9]{1,5})?/(.+)|git@([A-Za-z0-9.-]+)[:/](.+)")
_BARE = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}/.+")  # as browsers show an address, without https://
_REPOSITORY = r"(/[^/]+\.git|/[^/]+/[^/]+(?:/[^/]+)*?)"
# A page of a branch, a tag, a commit or a file at GitHub, GitLab, Forgejo and Bitbucket. Where a folder could also be a group, more must say that it is none.
_REF = r"(?:refs/(?:heads|tags)/)?([^/]+)"
_PAGE = re.compile(
    rf"{_REPOSITORY}(?:/-/(?:tree|blob|raw|commits?|tags)|/(?:tree|blob|raw|commits?)|/releases/tag|/src/(?:branch|tag|commit))/{_REF}(?:/(.*))?"
)
_RAW_AT_GITHUB = re.compile(rf"(/[^/]+/[^/]+)/{_REF}/(.+)")
# Of one branch, tag or commit: at GitHub, and at GitLab.
_ARCHIVE = re.compile(r"(/[^/]+/[^/]+)/archive/(?:refs/(?:heads|tags)/)?(.+)\.(?:zip|tar\.gz)|(/.+?)/-/archive/(.+)/[^/]+")
_BITBUCKET = re.compile(r"(/[^/]+/[^/]+)/src/([^/]+)(?:/(.*))?")
# Any other page of a repository: below /-/ at GitLab, in these folders after owner and name at GitHub.
_OTHER = re.compile(r"(/.+?)/-(?:/.*)?|(/[^/]+/[^/]+)/(?:issues|pulls?|wiki|actions|releases|tags|branches|commits)(?:/.*)?")
# A pull request is of a branch, often of another repository: the default one is not what somebody means who names it.
_PULL = re.compile(r"/.+/(?:pull|pulls|pull-requests|merge_requests)/[0-9]+(?:/.*)?")


def named_hosts() -> list[str]:
    """Hosts, with their ports, that services.toml names as hosts of repositories."""
    return [urlsplit(item.url).netloc for item in services(ServiceKind.GIT)]


def file_in(text: str) -> str:
    """The file that a page of a repository shows, by its path; empty where the address is of no file.

    The name of a branch may have slashes, which nobody can tell from folders: then the path is one that is not there.
    """
    path = text.strip().split("#")[0].split("?")[0].rstrip("/")
    try:
        page = page_in(urlsplit(f"https://{path}" if _BARE.fullmatch(path) else path))
    except ValueError:  # no address at all, as `normalised` says
        return ""
    return page[2][:MAX_FILE] if page else ""


def page_in(parts: SplitResult) -> tuple[str, str, str] | None:
    """The repository's address, branch, tag or commit, and path of a page of a repository; None for any other address.

    Raises ValueError for an address of GitHub's files that names no file.
    """
    if parts.hostname == "raw.githubusercontent.com":
        if (found := _RAW_AT_GITHUB.fullmatch(parts.path)) is None:
            raise ValueError(parts.path)
        return f"https://github.com{found[1]}", unquote(found[2]), unquote(found[3])
    found = _PAGE.fullmatch(parts.path) or (_BITBUCKET.fullmatch(parts.path) if parts.hostname == "bitbucket.org" else None)
    if found is None and (archive := _ARCHIVE.fullmatch(parts.path)):
        return parts._replace(path=archive[1] or archive[3]).geturl(), unquote(archive[2] or archive[4]), ""
    return (parts._replace(path=found[1]).geturl(), unquote(found[2]), unquote(found[3] or "")) if found else None


def normalised(text: str, ref: str = "") -> tuple[str, str]:
    """The address and the branch, tag or commit that a text names; raises AddressRefused.

    git@host:owner/name becomes an https address, and so does one without https://; a page of a branch or of a file names that branch, unless
    `ref` says another. The page of a pull request is refused without one.
    """
    address = re.sub(r"^git\s+clone\s+", "", text.strip())
    if found := _SSH.fullmatch(address):
        address = f"https://{found[1] or found[3]}/{(found[2] or found[4]).lstrip('/')}"
    elif _BARE.fullmatch(address):
        address = f"https://{address}"
    address = check_address(address.split("#")[0].split("?")[0].rstrip("/"), named_hosts())
    parts = urlsplit(address)
    if not ref and _PULL.fullmatch(parts.path):
        raise AddressRefused(_("This is the address of a pull request. Enter the address of the branch that it comes from."))
    try:
        page = page_in(parts)
    except ValueError:
        raise AddressRefused(_("The address names no file of a repository. Enter the address of the repository itself.")) from None
    if page:
        address, ref = page[0], ref or page[1]
    elif other := _OTHER.fullmatch(parts.path):
        address = parts._replace(path=other[1] or other[2]).geturl()
    if len(ref) > MAX_REF or not is_storable(ref):
        raise AddressRefused(_("The address does not name a branch, tag or commit. Enter the address of the repository itself."))
    return address, ref
