"""What the child is given of a file: its beginning, and of kinds that are read from their end, the end too."""

import io
import zlib
from typing import IO, override

from datalake.preview_child.limits import NoPreview


class Partial(io.RawIOBase):
    """A file of which only the two ends are here; whoever reads in between is told so."""

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
        raise NoPreview("It is too large for a preview: what would be shown lies in its middle.")

    @override
    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)


class Source:
    """The bytes at hand, and how large the whole file is."""

    def __init__(self, content: bytes, size: int, head: int, most: int) -> None:
        self.content, self._tail, self.size, self.most = content[:head], content[head:], size, most

    @property
    def truncated(self) -> bool:
        """Whether the beginning is not all."""
        return len(self.content) < self.size

    def open(self) -> IO[bytes]:
        """The whole file to move about in, as far as it is here."""
        return Partial(self.content, self._tail, self.size) if self.truncated else io.BytesIO(self.content)  # type: ignore[return-value]

    def unpacked(self) -> "Source":
        """What a gzip file holds, never more than `most` bytes of it, whatever it claims."""
        unpack = zlib.decompressobj(wbits=31)
        try:
            content = unpack.decompress(self.content, self.most)
        except zlib.error:
            raise NoPreview("It does not begin as a gzip file does.") from None
        whole = unpack.eof and not self.truncated
        return Source(content, len(content) + (0 if whole else 1), len(content), self.most)
