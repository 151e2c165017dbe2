"""Whoever runs the strategy: the imports of the component. A test may put something else here."""

from __future__ import annotations

from typing import Any, Optional

_current: Optional[Any] = None
#: Whether the host says the time: not while the module is loaded, described or made.
_has_time = False


def use(host: Any) -> None:
    """Puts a host in place; see `guest.Imports` for what it must have."""
    global _current
    _current = host


def current() -> Any:
    if _current is None:
        raise RuntimeError("there is no host while the file is being loaded; use on_init")
    return _current


def begin_time() -> None:
    global _has_time
    _has_time = True


def now() -> int:
    """The event's time in nanoseconds; 0 while there is none."""
    return current().now() if _has_time else 0
