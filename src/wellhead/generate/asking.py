"""Many calls at once, within limits, each answer kept the moment it comes."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from wellhead._progress import Progress
from wellhead._waiting import wait_for
from wellhead.errors import BadSetting, WellheadError
from wellhead.generate.cache import Answer, Calls, key_of
from wellhead.generate.cost import Bill
from wellhead.generate.endpoint import CallFailed, Chat
from wellhead.generate.jobs import Job
from wellhead.generate.script import Call, Made, script

__all__ = ["Limits", "Session"]

# So many failures without one success: it is not the weather.
_HOPELESS = 20


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How hard an endpoint may be asked.

    Attributes:
        at_once: calls in flight.
        per_minute: calls begun in a minute; None for no limit of ours.
    """

    at_once: int = 8
    per_minute: float | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.at_once <= 1000:
            raise BadSetting(f"calls at once: expected 1 to 1,000, got {self.at_once}")
        if self.per_minute is not None and self.per_minute <= 0:
            raise BadSetting(f"calls per minute: expected more than 0, got {self.per_minute}")


@dataclass
class Session:
    """One run: what was asked, paid and lost.

    Attributes:
        chat, calls, limits, progress: what is asked, where answers are kept, and how.
        bill: of this run.
        failures: why calls failed, and how often.
        stopped: the user asked to stop.
    """

    chat: Chat
    calls: Calls
    limits: Limits
    progress: Progress
    bill: Bill = field(default_factory=Bill)
    failures: Counter[str] = field(default_factory=Counter)
    stopped: bool = False
    _flying: dict[str, asyncio.Task[Answer]] = field(default_factory=dict)
    _next: float = 0.0

    def run(self, jobs: Sequence[Job], **settings: int | bool) -> list[Made | None]:
        """What became of each job; None for those that were not begun when the user stopped.

        Ctrl-C begins no further call and waits for those in flight, which are paid for; a second
        one does not wait.
        """
        return wait_for(self._all(jobs, settings))

    async def _all(self, jobs: Sequence[Job], settings: dict[str, int | bool]) -> list[Made | None]:
        made: list[Made | None] = [None] * len(jobs)
        waiting = iter(range(len(jobs)))

        async def work() -> None:
            for place in waiting:
                if self.stopped:
                    return
                made[place] = await self._one(jobs[place], settings)
                self.progress.advance()

        try:
            with self._stop_at_interrupt():
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(self.limits.at_once, len(jobs))):
                        group.create_task(work())
        except* WellheadError as errors:
            raise errors.exceptions[0] from None
        finally:
            await self.chat.close()
        return made

    async def _one(self, job: Job, settings: dict[str, int | bool]) -> Made | None:
        steps = script(job, **settings)  # type: ignore[arg-type]
        try:
            call = next(steps)
            while True:
                call = steps.send(await self._answer(call))
        except StopIteration as end:
            made: Made = end.value
            return made
        except CallFailed as error:
            return self._lost(error)
        except _Stopped:
            return None

    def _lost(self, error: CallFailed) -> Made:
        self.failures[str(error)] += 1
        if not self.bill.calls and self.failures.total() >= _HOPELESS:
            why = self.failures.most_common(1)[0][0]
            raise BadSetting(
                f"{self.chat.name} answered none of {_HOPELESS} calls ({why}). What is the "
                "endpoint's own log saying?"
            ) from error
        return Made("", "failed")

    async def _answer(self, call: Call) -> Answer:
        """The answer to a call: kept, in flight for another job, or asked for."""
        key = key_of(call.content(self.chat.name))
        known = self.calls.get(key)
        if known is not None:
            self.bill = self.bill._replace(reused=self.bill.reused + 1)
            return known
        if key not in self._flying:
            if self.stopped:
                raise _Stopped
            self._flying[key] = asyncio.create_task(self._asked(key, call))
        return await asyncio.shield(self._flying[key])

    async def _asked(self, key: str, call: Call) -> Answer:
        try:
            await self._turn()
            answer = await self.chat.answer(call.model, call.messages, call.sampling)
            self.calls.put(key, answer)
            self.bill = self.bill.plus(answer)
            return answer
        finally:
            self._flying.pop(key, None)

    async def _turn(self) -> None:
        """Wait until a call may begin."""
        if self.limits.per_minute is None:
            return
        now = asyncio.get_running_loop().time()
        at = max(now, self._next)
        self._next = at + 60 / self.limits.per_minute
        await asyncio.sleep(at - now)

    @contextmanager
    def _stop_at_interrupt(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(number: int, frame: object) -> None:
            if self.stopped:
                raise KeyboardInterrupt
            self.stopped = True
            self.progress.describe("finishing the calls in flight; Ctrl-C again to drop them")

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


class _Stopped(Exception):
    """No further call is begun."""
