"""Names of container images, as steps give them: the registry, the repository there, and the tag or digest."""

import re
from dataclasses import dataclass

HUB, HUB_DOOR = "docker.io", "registry-1.docker.io"
_PART = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::[0-9]{1,5})?"
_NAME = re.compile(
    rf"(?:(?P<host>{_HOST})/)?(?P<path>{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_SCHEME = re.compile(r"(?:docker|oci)://", re.IGNORECASE)
LONGEST = 400  # characters
# Names of what runs on GPUs alone, or is built for them.
_GPU = re.compile(r"(?<![a-z])(?:cuda|cudnn|gpu|gpus|nvidia|rocm|tensorrt)(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True)
class ImageName:
    """An image at its registry. Tags may come to name other images, a digest never does."""

    host: str  # as people write it: docker.io where they write none
    repository: str
    reference: str  # a tag, or sha256:...

    @property
    def door(self) -> str:
        """The host that is asked; Docker Hub's own is another one than its name."""
        return HUB_DOOR if self.host == HUB else self.host

    @property
    def is_digest(self) -> bool:
        return self.reference.startswith("sha256:")


def parsed(text: str) -> ImageName | None:
    """The image that a step names; None where it is none at a registry, such as a path in CVMFS."""
    name = _SCHEME.sub("", text.strip(), count=1)
    match = _NAME.fullmatch(name) if len(name) <= LONGEST else None
    if match is None:
        return None
    host, path = match["host"] or "", match["path"]
    if host and not ("." in host or ":" in host or host == "localhost"):
        host, path = "", f"{host}/{path}"  # the first part of a repository at Docker Hub
    host = {"": HUB, "index.docker.io": HUB, HUB_DOOR: HUB}.get(host.lower(), host.lower())
    if host == HUB and "/" not in path:
        path = f"library/{path}"
    return ImageName(host, path, match["digest"] or match["tag"] or "latest")


def names_gpu(text: str) -> bool:
    """Whether the name of an image says that it is for GPUs."""
    return bool(_GPU.search(text))
