"""Names of container images."""

import re

from django.utils.translation import gettext

from vre_portal.identifiers.kinds import Identifier, IdentifierKind, NotAnIdentifier

_PART = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    r"(?:(?P<host>(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+(?::[0-9]{1,5})?|localhost(?::[0-9]{1,5})?)/)?"
    rf"(?P<path>{_PART}(?:/{_PART})*)(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}}))?(?:@sha256:(?P<digest>[0-9a-f]{{64}}))?"
)
_REGISTRIES = ("docker.io", "ghcr.io", "quay.io", "gcr.io", "nvcr.io", "public.ecr.aws", "mcr.microsoft.com")
_REGISTRY_PREFIXES = ("registry.", "registry-", "gitlab-registry.", "harbor.", "index.docker.")
_HUB = re.compile(r"https?://hub\.docker\.com/(?:r/(?P<owned>[^/?#]+/[^/?#]+)|_/(?P<official>[^/?#]+))(?:[/?#].*)?", re.I)
_SCHEMES = re.compile(r"(?:(?:docker|podman)\s+pull\s+|(?:docker|oci|containers?)://)", re.I)


def image(text: str) -> Identifier | None:
    """An image with its registry, tag and digest as it was typed; a name of one word needs docker:// or a digest."""
    if hub := _HUB.fullmatch(text):
        return Identifier(IdentifierKind.IMAGE, f"docker.io/{hub['owned'] or 'library/' + hub['official']}")
    scheme = _SCHEMES.match(text)
    name = text[scheme.end() :] if scheme else text
    match = _IMAGE.fullmatch(name)
    if match is None:
        if "@sha256:" in name and "://" not in name:
            raise NotAnIdentifier(gettext("The digest of this container image is wrong: sha256: is followed by 64 digits from 0 to f."))
        if scheme:
            raise NotAnIdentifier(
                gettext("This is not the name of a container image. It looks like ghcr.io/owner/name:1.0, in small letters.")
            )
        if "://" not in name and _is_registry(name.partition("/")[0].lower()) and _IMAGE.fullmatch(name.lower()):
            raise NotAnIdentifier(gettext("Names of container images have small letters only: ghcr.io/owner/name:1.0."))
        return None
    host, path = match["host"] or "", match["path"]
    # "host.example/page" may be a web page, "name:1.0" data: only what can be nothing else is taken.
    if scheme or match["digest"] or _is_registry(host) or (match["tag"] and (host or "/" in path)):
        return Identifier(IdentifierKind.IMAGE, name)
    return None


def _is_registry(host: str) -> bool:
    return host in _REGISTRIES or host.startswith(_REGISTRY_PREFIXES)
