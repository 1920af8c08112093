"""What does a call to the root cost, with the provider that the settings name?

Estimate before measuring: a file version is two fsyncs, 2 ms on a good disk; a token in software some 0.1 ms a call and
a file each for a mark and a key; a server on loopback 1 ms a request, of which creation needs three.

    POINTS_LEDGER_ROOT_PROVIDER=openbao … python -m benchmarks.roots [--versions 50]

Give it a prefix (or folder) of its own: its versions are destroyed at the end, and their numbers stay used.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterable

from benchmarks.rig import machine
from service.roots import open_root
from service.settings import Settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--versions", type=int, default=50)
    wanted = parser.parse_args()
    key, blobs = bytes(range(32)), {}
    with open_root(Settings.read().root) as root:
        first = max(root.versions(), default=0) + 1
        numbers = range(first, first + wanted.versions)

        def wrap(version: int) -> None:
            blobs[version] = root.wrap(version, key)

        print(machine())
        report("create_version", root.create_version, numbers)
        report("wrap", wrap, numbers)
        report("unwrap", lambda version: root.unwrap(version, blobs[version]), numbers)
        report(f"versions, of {wanted.versions}", lambda _: root.versions(), range(5))
        report("destroy", root.destroy, numbers)


def report(name: str, call: Callable[[int], object], arguments: Iterable[int]) -> None:
    """Print the median and the worst of the calls, in milliseconds."""
    milliseconds = []
    for argument in arguments:
        started = time.perf_counter()
        call(argument)
        milliseconds.append((time.perf_counter() - started) * 1e3)
    print(f"{name:20} median {statistics.median(milliseconds):7.2f} ms   worst {max(milliseconds):7.2f} ms")


if __name__ == "__main__":
    main()
