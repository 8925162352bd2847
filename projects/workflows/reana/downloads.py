"""One file of a workspace, and exactly that file: what comes is compared with what was listed."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from projects.workflows.reana import names
from projects.workflows.reana.calls import opened
from vre_portal.http import RemoteRefused, Stream
from vre_portal.services import Service


class Download:
    """A file as it comes; its end raises RemoteRefused("size") where it is shorter or longer than was listed."""

    def __init__(self, server: Service, stream: Stream, name: str, size: int | None) -> None:
        self._server, self._stream, self._name, self._size = server, stream, name, size

    def chunks(self) -> Iterator[bytes]:
        """The content in pieces as they arrive, never more than was listed."""
        yield from self._measured(self._stream.chunks())

    def blocks(self, size: int) -> Iterator[bytes]:
        """The content in pieces of `size` bytes, the last one shorter."""
        yield from self._measured(self._stream.blocks(size))

    def _measured(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        came = 0
        for piece in pieces:
            came += len(piece)
            if self._size is not None and came > self._size:
                raise self._other_size(_("%(server)s lists “%(file)s” with %(listed)s bytes but sent more, so the file was rejected."))
            yield piece
        if self._size is not None and came != self._size:
            text = _("%(server)s lists “%(file)s” with %(listed)s bytes but sent %(sent)s, so the file was rejected.")
            raise self._other_size(text, sent=came)

    def _other_size(self, text: str, **values: int) -> RemoteRefused:
        values_of_file = {"server": self._server.title, "file": names.shown(self._name), "listed": self._size}
        return RemoteRefused(text % {**values_of_file, **values}, service=self._server, code="size")


@contextmanager
def download(server: Service, token: str, workflow: str, name: str, size: int | None = None) -> Iterator[Download]:
    """The file of exactly this name. `size` is the one listed.

    Raises RemoteRefused: "not-fetchable" where REANA has no way to hand it out, "not-found" where it is gone, "size" at the end where
    something else came.
    """
    path = names.in_path(server, name)
    try:
        with opened(server, token, "download_file", workflow, path) as stream:
            if stream.headers.get("Content-Type", "").split(";")[0].strip().lower() == "application/zip":
                raise names.not_fetchable(server, name, _("It sent several files in one archive instead."))
            yield Download(server, stream, name, size)
    except RemoteRefused as error:
        raise _told(server, name, error) from None


def _told(server: Service, name: str, error: RemoteRefused) -> RemoteRefused:
    """A file that is listed and not found, or refused for what it is (a link), is one that REANA does not hand out."""
    if error.service is server and error.status == 404 and names.is_special(name):
        return names.not_fetchable(server, name, _("It lists the file but does not find it by this name."), status=404)
    if error.service is server and error.status == 400:
        return names.not_fetchable(server, name, f"{error}.", status=400)
    return error
