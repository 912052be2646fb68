"""Run a coroutine where another event loop may already be running in this thread."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def run_async(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of `coroutine`, in a thread of its own.

    The browser of the session keeps an event loop running in the main thread, where
    `asyncio.run` would refuse to start a second one.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
