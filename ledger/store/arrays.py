"""PostgreSQL arrays in their binary form, packed by hand.

psycopg packs an array item by item through its adapters: about a microsecond an item, and a batch has a dozen items an
entry. These do the same with one `join` an array. Format: array_recv in PostgreSQL's arrayfuncs.c.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, ClassVar

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
_INT2 = Struct(">ih").pack
_INT4 = Struct(">ii").pack
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
    return UuidArray(_head(UuidArray, len(items)) + b"".join([b"\0\0\0\x10" + item.bytes for item in items]))


def uuids_or_null(items: Sequence[UUID | None]) -> UuidArray:
    """`uuid[]` which may hold NULLs."""
    packed = [_SIZE_OF_NULL if item is None else b"\0\0\0\x10" + item.bytes for item in items]
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
    return Int2Array(_head(Int2Array, len(items)) + b"".join([_INT2(2, item) for item in items]))


def int4s(items: Sequence[int]) -> Int4Array:
    """`integer[]`."""
    return Int4Array(_head(Int4Array, len(items)) + b"".join([_INT4(4, item) for item in items]))


def int8s(items: Sequence[int]) -> Int8Array:
    """`bigint[]`."""
    return Int8Array(_head(Int8Array, len(items)) + b"".join([_INT8(8, item) for item in items]))


def dates(items: Sequence[date]) -> DateArray:
    """`date[]`."""
    days = [_INT4(4, item.toordinal() - _DAY_ZERO) for item in items]
    return DateArray(_head(DateArray, len(items)) + b"".join(days))


def _head(array: type[Packed], length: int, *, nulls: bool = False) -> bytes:
    if length == 0:
        return _EMPTY.pack(0, 0, array.item_oid)
    return _HEADER.pack(1, nulls, array.item_oid, length, 1)
