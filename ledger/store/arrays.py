"""PostgreSQL arrays in their binary form, packed by hand.

psycopg packs an array item by item through its adapters: about a microsecond an item, and a batch has a dozen items an
entry. These do the same with one `join` an array. Format: array_recv in PostgreSQL's arrayfuncs.c.
"""

from __future__ import annotations

from array import array
from struct import Struct
from sys import byteorder
from typing import TYPE_CHECKING, ClassVar, Literal

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from psycopg.abc import Buffer

_HEADER = Struct(">iiIii")  # dimensions, has nulls, item oid, length, lower bound
_EMPTY = Struct(">iiI")
_SIZE = Struct(">i").pack
_SIZE_OF_NULL = _SIZE(-1)
_UUID_SIZE = _SIZE(16)
_INT8 = Struct(">iq").pack
_DAY_ZERO = 730_120  # 2000-01-01, from which PostgreSQL counts days, as `date.toordinal` has it


class Packed(bytes):
    """A packed array; each subclass is one array type, so that psycopg finds the dumper by it."""

    __slots__ = ()
    item_oid: ClassVar[int]
    array_oid: ClassVar[int]


class UuidArray(Packed):
    """`uuid[]`."""

    item_oid, array_oid = 2950, 2951


class ByteaArray(Packed):
    """`bytea[]`."""

    item_oid, array_oid = 17, 1001


class TextArray(Packed):
    """`text[]`."""

    item_oid, array_oid = 25, 1009


class Int2Array(Packed):
    """`smallint[]`."""

    item_oid, array_oid = 21, 1005


class Int4Array(Packed):
    """`integer[]`."""

    item_oid, array_oid = 23, 1007


class Int8Array(Packed):
    """`bigint[]`."""

    item_oid, array_oid = 20, 1016


class DateArray(Packed):
    """`date[]`."""

    item_oid, array_oid = 1082, 1182


class _PackedDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Buffer) -> Buffer:
        return obj


for _array in (UuidArray, ByteaArray, TextArray, Int2Array, Int4Array, Int8Array, DateArray):
    # For every connection made from now on, whoever makes it: no other type is touched.
    psycopg.adapters.register_dumper(
        _array, type(f"{_array.__name__}Dumper", (_PackedDumper,), {"oid": _array.array_oid})
    )


def uuids(items: Sequence[UUID]) -> UuidArray:
    """`uuid[]`; the items have one length, so it is the separator."""
    # `item.bytes` is this expression behind a property, which costs as much again.
    return UuidArray(
        _head(UuidArray, len(items)) + b"".join([_UUID_SIZE + item.int.to_bytes(16, "big") for item in items])
    )


def uuids_or_null(items: Sequence[UUID | None]) -> UuidArray:
    """`uuid[]` which may hold NULLs."""
    packed = [_SIZE_OF_NULL if item is None else _UUID_SIZE + item.int.to_bytes(16, "big") for item in items]
    return UuidArray(_head(UuidArray, len(items), nulls=True) + b"".join(packed))


def byteas(items: Sequence[bytes]) -> ByteaArray:
    """`bytea[]`."""
    parts = [_head(ByteaArray, len(items))]
    for item in items:
        parts += (_SIZE(len(item)), item)
    return ByteaArray(b"".join(parts))


def texts(items: Sequence[str | None]) -> TextArray:
    """`text[]` which may hold NULLs. The server refuses U+0000."""
    parts = [_head(TextArray, len(items), nulls=True)]
    for item in items:
        if item is None:
            parts.append(_SIZE_OF_NULL)
        else:
            encoded = item.encode()
            parts += (_SIZE(len(encoded)), encoded)
    return TextArray(b"".join(parts))


def int2s(items: Sequence[int]) -> Int2Array:
    """`smallint[]`."""
    return Int2Array(_head(Int2Array, len(items)) + _cells("h", (0, 2), items))


def int4s(items: Sequence[int]) -> Int4Array:
    """`integer[]`."""
    return Int4Array(_head(Int4Array, len(items)) + _cells("i", (4,), items))


def int8s(items: Sequence[int]) -> Int8Array:
    """`bigint[]`."""
    return Int8Array(_head(Int8Array, len(items)) + b"".join([_INT8(8, item) for item in items]))


def dates(items: Sequence[date]) -> DateArray:
    """`date[]`."""
    days = [item.toordinal() - _DAY_ZERO for item in items]
    return DateArray(_head(DateArray, len(items)) + _cells("i", (4,), days))


def _head(packed: type[Packed], length: int, *, nulls: bool = False) -> bytes:
    if length == 0:
        return _EMPTY.pack(0, 0, packed.item_oid)
    return _HEADER.pack(1, nulls, packed.item_oid, length, 1)


def _cells(unit: Literal["h", "i"], size: tuple[int, ...], items: Sequence[int]) -> bytes:
    """Each item behind its size, both in units of two ("h") or four ("i") bytes; no Python step an item."""
    cells = array(unit, (*size, 0)) * len(items)
    cells[len(size) :: len(size) + 1] = array(unit, items)
    if byteorder == "little":
        cells.byteswap()
    return cells.tobytes()
