"""Parts of the HDF5 format that pyfive 1.3 leaves out and files of PyTables and ctapipe have: columns that hold arrays or flags, Blosc, bzip2."""

import bz2
import struct
from typing import Any

import numpy as np
from numcodecs import Blosc
from pyfive.btree import BTreeV1RawDataChunks
from pyfive.dataobjects import DataObjects
from pyfive.datatype_msg import DatatypeMessage
from pyfive.p5t import P5CompoundField, P5CompoundType, P5IntegerType, P5Type

BITFIELD, ARRAY = 4, 10  # classes of types, by the format's specification, IV.A.2.d
MAX_COLUMNS = 4096
BLOSC, BZIP2 = 32001, 307
UNPACK = {BLOSC: Blosc().decode, BZIP2: bz2.decompress}
KNOWN_FILTERS = {32000: "LZF", 32015: "Zstandard", 32026: "Blosc2", 4: "szip", 32004: "LZ4", 32013: "ZFP", 305: "LZO", 32008: "bitshuffle"}
EXTERNAL_LINK, EXTERNAL_FILES = 64, 7  # a kind of link; the message of a dataset whose values are in other files
determine_type = DatatypeMessage.determine_dtype
decode_link = DataObjects._decode_link_msg
filter_chunk = BTreeV1RawDataChunks._filter_chunk


class UnknownFilter(NotImplementedError):
    """The data are compressed in a way that cannot be read here; the text names it."""


class ExternalLink(str):
    """The name of a file, and of a place in it, that a link leads to; nothing follows it."""

    __slots__ = ()


class ArrayType(P5Type):  # type: ignore[misc]  # pyfive has no types
    """Values of one type along some axes."""

    def __init__(self, base: Any, shape: tuple[int, ...]) -> None:
        super().__init__(np.dtype((base.dtype, shape)))
        self.is_atomic = base.is_atomic


def determine_dtype(message: Any) -> Any:
    """The type that is described at the message's offset, which moves behind it."""
    kind, size = message.buf[message.offset] & 0x0F, struct.unpack_from("<I", message.buf, message.offset + 4)[0]
    if kind == BITFIELD:
        if size not in (1, 2, 4, 8):
            raise NotImplementedError("a bit field of an odd size")
        message.offset += 8 + 4
        return P5IntegerType(f"<u{size}")
    if kind == ARRAY:
        version = message.buf[message.offset] >> 4
        count = message.buf[message.offset + 8]
        at = message.offset + (12 if version < 3 else 9)
        shape = struct.unpack_from(f"<{count}I", message.buf, at)
        message.offset = at + 4 * count * (2 if version < 3 else 1)
        return ArrayType(message.determine_dtype(), shape)
    return determine_type(message)


def determine_compound(message: Any, description: dict[str, Any]) -> P5CompoundType:
    """A row of named columns, some of which may be arrays."""
    version, size = description["class_and_version"] >> 4, description["size"]
    count = description["class_bit_field_0"] + (description["class_bit_field_1"] << 8)
    if count > MAX_COLUMNS:
        raise NotImplementedError("too many columns")
    fields = []
    for _ in range(count):
        end = message.buf.index(b"\0", message.offset)
        name, length = bytes(message.buf[message.offset : end]).decode(errors="replace"), end - message.offset + 1
        message.offset += length if version >= 3 else -(-length // 8) * 8
        if version >= 3:
            width = max(1, (size - 1).bit_length() + 7 >> 3)
            offset, shape = int.from_bytes(message.buf[message.offset : message.offset + width], "little"), ()
            message.offset += width
        else:
            offset = struct.unpack_from("<I", message.buf, message.offset)[0]
            shape = struct.unpack_from("<4I", message.buf, message.offset + 16)[: message.buf[message.offset + 4]] if version == 1 else ()
            message.offset += 32 if version == 1 else 4
        kind = message.determine_dtype()
        fields.append(P5CompoundField(name=name, offset=offset, ptype=ArrayType(kind, shape) if shape else kind))
    return P5CompoundType(fields=fields, size=size)


def unfiltered(chunk: Any, mask: int, pipeline: list[Any], itemsize: int) -> Any:
    """One chunk of data, unpacked; raises UnknownFilter."""
    for number in reversed(range(len(pipeline))):
        if mask & (1 << number):
            continue
        kind = pipeline[number]["filter_id"]
        if kind in KNOWN_FILTERS:
            raise UnknownFilter(KNOWN_FILTERS[kind])
        chunk = bytes(UNPACK[kind](bytes(chunk))) if kind in UNPACK else filter_chunk(chunk, 0, [pipeline[number]], itemsize)
    return chunk


def link_of(data: Any, offset: int) -> Any:
    """One link of a group; pyfive stops at those that lead out of the file."""
    version, flags = data[offset], data[offset + 1]
    if version != 1 or not flags & 8 or data[offset + 2] != EXTERNAL_LINK:
        return decode_link(data, offset)
    at, order = offset + 3, None
    if flags & 4:
        order, at = struct.unpack_from("<Q", data, at)[0], at + 8
    at += 1 if flags & 16 else 0  # the character set of the name
    width = 1 << (flags & 3)
    length, at = int.from_bytes(data[at : at + width], "little"), at + width
    name, at = bytes(data[at : at + length]).decode(errors="replace"), at + length
    value = bytes(data[at + 3 : at + 2 + struct.unpack_from("<H", data, at)[0]])  # behind its length and a byte of flags
    return order, (name, ExternalLink(value.rstrip(b"\0").replace(b"\0", b":").decode(errors="replace")))


def has_values_elsewhere(item: Any) -> bool:
    """Whether the values of a dataset are in files of their own."""
    link = item.parent._links.get(item.name.rpartition("/")[2])
    return isinstance(link, int) and bool(item.file._get_dataobjects(link).find_msg_type(EXTERNAL_FILES))


def extend() -> None:
    """Teach pyfive these parts, in this process."""
    DatatypeMessage.determine_dtype = determine_dtype
    DatatypeMessage._determine_dtype_compound = determine_compound
    DataObjects._decode_link_msg = staticmethod(link_of)
    BTreeV1RawDataChunks._filter_chunk = staticmethod(unfiltered)
