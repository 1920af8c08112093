"""Search raw files for personal values: heap files, WAL and dumps, byte by byte, whatever they hold.

Each value is looked for as UTF-8, as hex in both cases, and as base64 in both alphabets at each of its three
alignments. An Aho-Corasick automaton over the first bytes of the values, in each of these forms, reads a file once at
some hundred megabytes a second, and only where those match are whole values compared. So the number of values hardly
matters: memos that begin alike share their first bytes.

The limits: a value that a page header of the WAL cuts in two is seen in the heap and in a dump only; the last
character of a base64 text holds bits of what stands behind the value, so values that differ in their last bits alone
are both reported. And a value that was compressed or encrypted is not seen: PostgreSQL compresses single values above
2 kB, which is why a dump, where nothing is compressed, belongs beside the files.
"""

from __future__ import annotations

import os
from base64 import b64encode, urlsafe_b64encode
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ahocorasick_rs import BytesAhoCorasick, Implementation

HEAD_BYTES = 12  # of a value; enough to be rare in random bytes (1 in 2**96), few enough to be shared by alike values
VALUE_BYTES_MIN = 6  # shorter values would turn up in random bytes by chance
CHUNK_BYTES = 64 << 20  # bounds memory; a file larger than this is read in overlapping pieces


@dataclass(frozen=True, slots=True)
class Found:
    """A value that is where it must not be."""

    path: Path
    offset: int
    encoding: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SearchReport:
    """What was searched and what was found; ``skipped`` values were too short to mean anything."""

    files: int
    bytes_searched: int
    values: int
    skipped: int
    found: tuple[Found, ...]


def search_raw(
    paths: Iterable[Path], values: Iterable[str], *, progress: Callable[[int], None] | None = None
) -> SearchReport:
    """Look for every value in every file; folders are walked. ``progress`` is told how many bytes were read."""
    distinct = {value.encode() for value in values}
    by_head: dict[bytes, list[bytes]] = defaultdict(list)
    for value in distinct:
        if len(value) >= VALUE_BYTES_MIN:
            by_head[value[:HEAD_BYTES]].append(value)
    windows = [(encoding, form, head) for head in by_head for encoding, form in _forms(head)]
    longest = 2 * max(map(len, distinct), default=0)  # hex is the longest form
    automaton = BytesAhoCorasick([form for _, form, _ in windows], implementation=Implementation.ContiguousNFA)
    files = searched = 0
    found: set[Found] = set()
    for path in _files(paths):
        files += 1
        for start, piece in _pieces(path, overlap=longest):
            for number, begin, _ in automaton.find_matches_as_indexes(piece, overlapping=True):
                encoding, _, head = windows[number]
                for value in _whole(piece, begin, encoding, by_head[head]):
                    found.add(Found(path, start + begin, encoding, value.decode()))
            searched += len(piece)
            if progress:
                progress(len(piece))
    values_searched = sum(map(len, by_head.values()))
    hits = tuple(sorted(found, key=lambda hit: (hit.path, hit.offset, hit.encoding)))
    return SearchReport(files, searched, values_searched, len(distinct) - values_searched, hits)


def _whole(piece: bytes, begin: int, encoding: str, values: list[bytes]) -> Iterator[bytes]:
    """Those values that stand at the place in full, and not only with their first bytes."""
    for value in values:
        form = next(form for name, form in _forms(value) if name == encoding)
        if piece.startswith(form, begin):
            yield value


def _forms(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Each way in which the bytes may be written down, by name."""
    yield "utf-8", data
    yield "hex", data.hex().encode()
    yield "HEX", data.hex().upper().encode()
    for before in range(3):
        # Those characters that depend on the value alone, whatever bytes stand before and after it.
        first, end = -(-before * 8 // 6), (before + len(data)) * 8 // 6
        yield f"base64+{before}", b64encode(bytes(before) + data)[first:end]
        yield f"base64url+{before}", urlsafe_b64encode(bytes(before) + data)[first:end]


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (file for file in sorted(path.rglob("*")) if file.is_file() and not file.is_symlink())
        else:
            yield path


def _pieces(path: Path, overlap: int) -> Iterator[tuple[int, bytes]]:
    """The file in pieces that overlap, so that no value is cut in two. A file that goes away is left out."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return  # PostgreSQL removes and renames files of its own while it runs
    try:
        start = 0
        while piece := os.pread(file, CHUNK_BYTES, start):
            yield start, piece
            if len(piece) < CHUNK_BYTES:
                return
            start += CHUNK_BYTES - overlap
    finally:
        os.close(file)
