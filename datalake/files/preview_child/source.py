"""What the child is given of a file: its beginning, and of kinds that are read from their end, the end too."""

import io
import zlib
from typing import IO, override

from django.utils.translation import gettext as _

from datalake.files.preview_child.limits import NoPreview

BLOCK = 64 * 1024


class Partial(io.RawIOBase):
    """A file of which only the beginning and the end are here; raises NoPreview where anything between them is read."""

    def __init__(self, head: bytes, tail: bytes, size: int) -> None:
        super().__init__()
        self._head, self._tail, self._size, self._at = head, tail, size, 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def tell(self) -> int:
        return self._at

    @override
    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = max(offset + (0, self._at, self._size)[whence], 0)
        return self._at

    @override
    def read(self, size: int | None = -1) -> bytes:
        wanted = self._size - self._at if size is None or size < 0 else size
        end = min(self._at + wanted, self._size)
        begin, self._at = self._at, max(end, self._at)
        tail_at = self._size - len(self._tail)
        if begin >= end:
            return b""
        if end <= len(self._head):
            return self._head[begin:end]
        if begin >= tail_at:
            return self._tail[begin - tail_at : end - tail_at]
        raise NoPreview(_("The file is too large for a preview: the data to show are in the middle of the file."))

    @override
    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)


class Source:
    """The bytes at hand, and how large the whole file is."""

    def __init__(self, content: bytes, size: int, head: int, most: int) -> None:
        self.content, self._tail, self.size, self.most = content[:head], content[head:], size, most
        self.remark = ""  # what went wrong on the way to these bytes

    @property
    def truncated(self) -> bool:
        """Whether the beginning is not all."""
        return len(self.content) < self.size

    def open(self) -> IO[bytes]:
        """The whole file to move about in, as far as it is here."""
        return Partial(self.content, self._tail, self.size) if self.truncated else io.BytesIO(self.content)  # type: ignore[return-value]

    def unpacked(self) -> "Source":
        """What all members of a gzip file hold, never more than `most` bytes of it, whatever it claims.

        Damage ends it; what was unpacked before stays, and the remark says so.
        """
        content, at, left, remark, unpack = [], 0, self.most, "", zlib.decompressobj(wbits=31)
        while at < len(self.content) and left > 0:
            block = unpack.unconsumed_tail or self.content[at : at + BLOCK]
            at += 0 if unpack.unconsumed_tail else len(block)
            try:
                content.append(unpack.decompress(block, left))
            except zlib.error:
                remark = _("The gzip file is damaged after %(n)s unpacked bytes.") % {"n": f"{self.most - left:,}"}
                break
            left -= len(content[-1])
            if unpack.eof:
                at -= len(unpack.unused_data)
                while self.content[at : at + 1] == b"\0":  # members may be filled up with zeros
                    at += 1
                unpack = zlib.decompressobj(wbits=31) if at < len(self.content) else unpack
        if remark and left == self.most:
            raise NoPreview(_("This is not a gzip file."))
        whole = unpack.eof and not self.truncated
        if not whole and not remark and not self.truncated and left > 0:
            remark = _("The gzip file is incomplete: its end is missing.")
        found = Source(b"".join(content), self.most - left + (0 if whole else 1), self.most - left, self.most)
        found.remark = remark
        return found
