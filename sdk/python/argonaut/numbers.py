"""Exact decimals. A number counts the smallest units of its type; nothing is ever rounded unasked.

`Price("1.2345")` and `Price(3)` are exact, `price.raw` is the count of units, `float(price)` is for
indicators only. Numbers of different types do not mix: a price plus a quantity is a `TypeError`.
"""

from __future__ import annotations

import re
from typing import ClassVar, TypeVar, Union

_DECIMAL = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?")
_Self = TypeVar("_Self", bound="_Decimal")


class _Decimal:
    """A whole number of units of 10 to the power of minus `digits`."""

    __slots__ = ("raw",)

    digits: ClassVar[int]
    scale: ClassVar[int]
    lowest: ClassVar[int]
    highest: ClassVar[int]

    raw: int

    def __init__(self, value: Union[str, int] = 0) -> None:
        if isinstance(value, str):
            raw = self._parse(value)
        elif isinstance(value, int):
            raw = value * self.scale
        else:
            raise TypeError(
                f"{type(self).__name__}({value!r}): give text or a whole number; "
                "a float goes onto a price grid by Price.nearest"
            )
        self._set(raw)

    def _set(self, raw: int) -> None:
        if not self.lowest <= raw <= self.highest:
            raise OverflowError(f"{raw} units do not fit a {type(self).__name__}")
        self.raw = raw

    @classmethod
    def from_raw(cls: type[_Self], raw: int) -> _Self:
        """From a count of units."""
        number = cls.__new__(cls)
        number._set(raw)
        return number

    @classmethod
    def _parse(cls, text: str) -> int:
        match = _DECIMAL.fullmatch(text)
        sign, whole, fraction = match.groups(default="") if match else ("", "", "")
        if not whole and not fraction:
            raise ValueError(f"`{text}` is not a decimal number")
        fraction = fraction.rstrip("0")
        if len(fraction) > cls.digits:
            raise ValueError(f"`{text}` has more than {cls.digits} digits after the point")
        raw = int(whole + fraction.ljust(cls.digits, "0"))
        return -raw if sign == "-" else raw

    def __str__(self) -> str:
        whole, fraction = divmod(abs(self.raw), self.scale)
        sign = "-" if self.raw < 0 else ""
        digits = f"{fraction:0{self.digits}d}".rstrip("0")
        return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}('{self}')"

    def __float__(self) -> float:
        return self.raw / self.scale

    def __bool__(self) -> bool:
        return self.raw != 0

    def __hash__(self) -> int:
        return hash(self.raw)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.raw == self.raw

    def __lt__(self: _Self, other: _Self) -> bool:
        return self.raw < self._same(other)

    def __le__(self: _Self, other: _Self) -> bool:
        return self.raw <= self._same(other)

    def __gt__(self: _Self, other: _Self) -> bool:
        return self.raw > self._same(other)

    def __ge__(self: _Self, other: _Self) -> bool:
        return self.raw >= self._same(other)

    def __add__(self: _Self, other: _Self) -> _Self:
        return self.from_raw(self.raw + self._same(other))

    def __sub__(self: _Self, other: _Self) -> _Self:
        return self.from_raw(self.raw - self._same(other))

    def __mul__(self: _Self, times: int) -> _Self:
        if not isinstance(times, int):
            raise TypeError(f"a {type(self).__name__} is multiplied by whole numbers only")
        return self.from_raw(self.raw * times)

    __rmul__ = __mul__

    def __neg__(self: _Self) -> _Self:
        return self.from_raw(-self.raw)

    def __abs__(self: _Self) -> _Self:
        return self.from_raw(abs(self.raw))

    def _same(self, other: object) -> int:
        if type(other) is not type(self):
            mine, others = type(self).__name__, type(other).__name__
            raise TypeError(f"a {mine} and a {others} do not mix")
        return other.raw  # type: ignore[attr-defined]


class Price(_Decimal):
    """A price in the quote currency, in units of 1e-9. May be negative."""

    __slots__ = ()
    digits = 9
    scale = 10**9
    lowest = -(2**63)
    highest = 2**63 - 1

    @classmethod
    def nearest(cls, value: float, tick: Price) -> Price:
        """The price on the grid of `tick` that is nearest to `value`."""
        return cls.from_raw(round(value * cls.scale / tick.raw) * tick.raw)


class Quantity(_Decimal):
    """An amount of an instrument, in units of 1e-8. Never negative."""

    __slots__ = ()
    digits = 8
    scale = 10**8
    lowest = 0
    highest = 2**64 - 1


class Money(_Decimal):
    """An amount of one currency, in units of 1e-9."""

    __slots__ = ()
    digits = 9
    scale = 10**9
    lowest = -(2**127)
    highest = 2**127 - 1
