"""The house that a command works in, opened from the environment's settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from service.cli.show import console
from service.house import House
from service.settings import Settings
from service.wiring import Clock, open_house, system_clock


@contextmanager
def session(*, as_json: bool, clock: Clock = system_clock) -> Iterator[House]:
    """An open house; what is worth knowing about it is said on standard error, unless a program is reading."""
    notice = (lambda _: None) if as_json else partial(console(stderr=True, style="dim").print, soft_wrap=True)
    with open_house(Settings.read(), clock=clock, notice=notice) as house:
        yield house
