"""Processes in virtual time: threads of which one runs at a time, and resources that they wait for in their order."""

from __future__ import annotations

import contextlib
import heapq
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


class Process(Generic[Result]):
    """A thread that runs when it has the baton, and the result of its function."""

    def __init__(self, world: World, work: Callable[[], Result], context: Any) -> None:
        self.world = world
        self.context = context
        """What the process works on; those that it starts inherit it."""
        self.baton = threading.Semaphore(0)
        self.ended = False
        self._work = work
        self._found: Result | None = None
        self._error: BaseException | None = None
        self._waiting: list[Process[Any]] = []
        threading.Thread(target=self._run, daemon=True).start()

    def result(self) -> Result:
        """Wait until the process has ended, and return its result or raise its exception."""
        if not self.ended:
            self._waiting.append(self.world.current)
            self.world.block()
        if self._error is not None:
            raise self._error
        found: Any = self._found
        return found

    def _run(self) -> None:
        self.baton.acquire()
        try:
            self._found = self._work()
        except BaseException as error:
            self._error = error
        self.ended = True
        for process in self._waiting:
            self.world.wake(process)
        self.world.leave()


class World:
    """The clock, and the processes with the times at which they go on."""

    def __init__(self) -> None:
        self.now = 0.0
        self.spent: Counter[str] = Counter()
        """Seconds by what they were spent on, of all processes together."""
        self.time = SimpleNamespace(monotonic=lambda: self.now, perf_counter=lambda: self.now)
        """Stands in for the module `time`."""
        self.current: Process[Any]
        self._events: list[tuple[float, int, Process[Any]]] = []
        self._count = 0
        self._done = threading.Event()

    def start(self, work: Callable[[], Result], context: Any) -> Process[Result]:
        """Start a process now."""
        process = Process(self, work, context)
        self.wake(process)
        return process

    def run(self) -> None:
        """Run until all processes have ended or wait for each other."""
        self.leave()
        self._done.wait()

    def spend(self, part: str, seconds: float) -> None:
        """Let time pass for the current process."""
        self.spent[part] += seconds
        self.until(self.now + seconds)

    def until(self, moment: float) -> None:
        """Let the current process go on at a moment."""
        if moment <= self.now:
            return
        if not self._events or self._events[0][0] > moment:
            self.now = moment
            return
        self.wake(self.current, moment)
        self.block()

    def wake(self, process: Process[Any], moment: float | None = None) -> None:
        """Have a process go on at a moment, or now."""
        self._count += 1
        heapq.heappush(self._events, (self.now if moment is None else moment, self._count, process))

    def block(self) -> None:
        """Have the current process wait until another one wakes it."""
        mine = self.current
        self.leave()
        mine.baton.acquire()

    def leave(self) -> None:
        """Let the next process run."""
        if not self._events:
            self._done.set()
            return
        self.now, _, self.current = heapq.heappop(self._events)
        self.current.baton.release()

    def pool(self, count: int) -> AbstractContextManager[Any]:
        """Stand in for `ThreadPoolExecutor`: what is submitted starts now."""
        return _pool(self)


@contextlib.contextmanager
def _pool(world: World) -> Iterator[Any]:
    started: list[Process[Any]] = []

    def submit(work: Callable[..., Any], *arguments: Any) -> Process[Any]:
        started.append(world.start(lambda: work(*arguments), world.current.context))
        return started[-1]

    try:
        yield SimpleNamespace(submit=submit)
    finally:
        for process in started:
            with contextlib.suppress(BaseException):
                process.result()


class Turnstile:
    """A lock for one alone or several beside each other, by the rules of `gpus.lock`: in the order of asking."""

    def __init__(self, world: World, part: str = "waiting for the lock") -> None:
        self.world = world
        self.part = part
        self._queue: deque[tuple[Process[Any], bool]] = deque()
        self._beside = 0
        self._alone = False

    @contextlib.contextmanager
    def hold(self, *, alone: bool) -> Iterator[None]:
        """Wait for the lock, and hold it."""
        asked = self.world.now
        if self._queue or not self._free(alone):
            self._queue.append((self.world.current, alone))
            self.world.block()
        else:
            self._take(alone)
        self.world.spent[self.part] += self.world.now - asked
        try:
            yield
        finally:
            self._beside, self._alone = (self._beside, False) if alone else (self._beside - 1, self._alone)
            while self._queue and self._free(self._queue[0][1]):
                process, wants_alone = self._queue.popleft()
                self._take(wants_alone)
                self.world.wake(process)

    def _free(self, alone: bool) -> bool:
        return not self._alone and not (alone and self._beside)

    def _take(self, alone: bool) -> None:
        self._beside, self._alone = self._beside + (not alone), alone


class LockedTurns:
    """`model.turns.Turns` of a device in virtual time."""

    def __init__(self, lock: Turnstile) -> None:
        self._lock = lock

    def alone(self) -> AbstractContextManager[object]:
        """Return a context in which nobody else uses the device."""
        return self._lock.hold(alone=True)

    def beside(self) -> AbstractContextManager[object]:
        """Return a context in which nobody is alone on the device."""
        return self._lock.hold(alone=False)


class WholeTurns:
    """The turns of a benchmark that is alone from its first turn on, until `end`."""

    def __init__(self, lock: Turnstile) -> None:
        self._lock = lock
        self._held = contextlib.ExitStack()
        self._asked = self._holds = False

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Take the lock, unless a process of this benchmark has it already, or waits for it."""
        if not self._asked:
            self._asked = True
            self._held.enter_context(self._lock.hold(alone=True))
            self._holds = True
        while not self._holds:
            self._lock.world.until(self._lock.world.now + 1e-2)
        yield

    beside = alone

    def end(self) -> None:
        """Release the lock."""
        self._held.close()
        self._asked = self._holds = False
