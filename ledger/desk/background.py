"""Work in the background whose failure is told to those who wait for it, if any still do."""

import asyncio
from typing import Any


def told(done: "asyncio.Future[Any]") -> None:
    """A done callback: everybody who waited has the exception, or gave up, and asyncio need not complain of it.

    `asyncio.shield` leaves an exception unseen when its last waiter was cancelled.
    """
    if not done.cancelled():
        done.exception()
