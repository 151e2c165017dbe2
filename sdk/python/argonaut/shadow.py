"""Puts event time in the place of clocks, a seeded sequence in the place of chance, and the log in
the place of standard output. Must be imported before anything that uses them.

In a component without WASI `time.time()` and `os.urandom()` would stop the strategy, and `random`
would begin with the seed of the build."""

from __future__ import annotations

import builtins
import datetime
import io
import linecache
import os
import random
import sys
import time
from typing import Any, Optional

from . import host

_MASK = 2**64 - 1
_KEY = "sdk:random"
#: Finders of modules that need no files.
_BUILT_IN = ("BuiltinImporter", "FrozenImporter")


class _Source(random.Random):
    """SplitMix64 (Steele, Lea, Flood 2014) behind all the methods of `random`. Its one word of state
    is kept by the host, so that the sequence goes on after a restart or a swap."""

    def __init__(self) -> None:
        self.word = 0
        self.used = False
        super().__init__(0)

    def seed(self, a: Any = None, version: int = 2) -> None:
        """Begins again from a seed; without one it goes on."""
        if a is not None:
            # FNV-1a: the same for the same seed in every build, which hash() is not.
            self.word = 0xCBF29CE484222325
            for byte in str(a).encode():
                self.word = (self.word ^ byte) * 0x100000001B3 & _MASK
            self.used = host._has_time

    def _next(self) -> int:
        self.used = True
        self.word = z = (self.word + 0x9E3779B97F4A7C15) & _MASK
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & _MASK
        return z ^ (z >> 31)

    def random(self) -> float:
        return (self._next() >> 11) * 2.0**-53

    def getrandbits(self, k: int) -> int:
        words = (k + 63) // 64
        number = 0
        for _ in range(words):
            number = number << 64 | self._next()
        return number >> (words * 64 - k)

    def gauss(self, mu: float = 0.0, sigma: float = 1.0) -> float:
        # The inherited one keeps every second number for later: state that nobody saves.
        return self.normalvariate(mu, sigma)

    def getstate(self) -> Any:
        return self.word

    def setstate(self, state: Any) -> None:
        self.word = int(state) & _MASK

    # ---- Kept by the host ----------------------------------------------------------------------

    def restore(self) -> None:
        kept = host.current().get_value(_KEY)
        if kept is not None and len(kept) == 8:
            self.word = int.from_bytes(kept, "little")

    def keep(self) -> None:
        if self.used:
            self.used = False
            host.current().put_value(_KEY, self.word.to_bytes(8, "little"))


source = _Source()


def _randomness() -> None:
    for name in random.__all__:
        method = getattr(source, name, None)
        if callable(method):
            setattr(random, name, method)
    os.urandom = source.randbytes
    random._urandom = source.randbytes  # type: ignore[attr-defined]


def _clocks() -> None:
    def seconds() -> float:
        return host.now() / 1e9

    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        setattr(time, name, seconds)
        setattr(time, name + "_ns", host.now)
    # Whichever clock it is: there is one time.
    time.clock_gettime = lambda clk_id: seconds()
    time.clock_gettime_ns = lambda clk_id: host.now()

    def sleep(_: float) -> None:
        raise RuntimeError("a strategy cannot sleep; set a timer")

    time.sleep = sleep
    broken_down = {name: getattr(time, name) for name in ("gmtime", "localtime", "ctime")}
    for name, function in broken_down.items():
        def of(when: Optional[float] = None, function: Any = function) -> Any:
            return function(seconds() if when is None else when)
        setattr(time, name, of)
    asctime, strftime = time.asctime, time.strftime
    time.asctime = lambda t=None: asctime(time.localtime() if t is None else t)
    time.strftime = lambda format, t=None: strftime(format, time.localtime() if t is None else t)


#: What the shadows of dates stand for.
_REAL: dict[type, type] = {}


class _Shadow(type):
    """A class whose instances are those of the one it stands for: `isinstance` says of every date what it
    would say without shadows, such as that a `datetime` is a `date`."""

    def __instancecheck__(cls, instance: Any) -> bool:
        # An author's own class derived from a shadow is itself.
        real = _REAL.get(cls)
        return isinstance(instance, real) if real else super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        real = _REAL.get(cls)
        return issubclass(subclass, real) if real else super().__subclasscheck__(subclass)


class _Date(datetime.date, metaclass=_Shadow):
    @classmethod
    def today(cls) -> Any:
        moment = datetime.datetime.now()
        return cls(moment.year, moment.month, moment.day)


class _DateTime(datetime.datetime, metaclass=_Shadow):
    @classmethod
    def now(cls, tz: Optional[datetime.tzinfo] = None) -> Any:
        # In whole microseconds: floating point would round them.
        micros = host.now() // 1000
        utc = datetime.timezone.utc
        moment = cls(1970, 1, 1, tzinfo=utc) + datetime.timedelta(microseconds=micros)
        return moment.astimezone(tz) if tz is not None else moment.replace(tzinfo=None)

    @classmethod
    def utcnow(cls) -> Any:
        return cls.now()

    @classmethod
    def today(cls) -> Any:
        return cls.now()

    def date(self) -> Any:
        return _Date(self.year, self.month, self.day)


_REAL.update({_Date: datetime.date, _DateTime: datetime.datetime})


class _Log:
    """A text stream whose lines go to the log."""

    encoding = "utf-8"

    def __init__(self, level: str) -> None:
        self.level = level
        self.line = ""

    def write(self, text: str) -> int:
        *lines, self.line = (self.line + text).split("\n")
        for line in lines:
            host.current().log(self.level, line)
        return len(text)

    def flush(self) -> None:
        """A line is written when it ends."""

    def isatty(self) -> bool:
        return False


def install() -> None:
    _randomness()
    _clocks()
    datetime.date = _Date  # type: ignore[misc]
    datetime.datetime = _DateTime  # type: ignore[misc]


class _NoFinder:
    """The last that is asked for a module: says why there is none."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        raise ModuleNotFoundError(
            f"No module named {name!r} in the component, which has no files; "
            "import it at the top of a file"
        )


def _no_files(*_: Any, **__: Any) -> Any:
    raise OSError("a strategy has no files")


def close() -> None:
    """What is there once the file is loaded: no files, so that asking for one is an exception and not
    the end, and the log for output. Until then, what is printed belongs on the author's screen."""
    sys.stdout = _Log("info")  # type: ignore[assignment]
    sys.stderr = _Log("error")  # type: ignore[assignment]
    sys.meta_path[:] = [
        finder for finder in sys.meta_path if getattr(finder, "__name__", "") in _BUILT_IN
    ] + [_NoFinder]
    builtins.open = io.open = _no_files
    for name in ("open", "stat", "lstat", "listdir", "scandir", "mkdir", "remove", "rename"):
        setattr(os, name, _no_files)
    # Tracebacks look for the lines they show.
    linecache.checkcache = lambda filename=None: None
    linecache.updatecache = lambda filename, module_globals=None: []
