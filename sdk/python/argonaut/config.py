"""What a strategy is made with: its name, its instruments and its parameters, read by type."""

from __future__ import annotations

from typing import Callable, TypeVar

from .events import BarBasis, BarSpec, Instrument
from .numbers import Price, Quantity

_Value = TypeVar("_Value")


class Refused(Exception):
    """Raised in `on_init` or `on_load`: the strategy does not start, and this text says why."""


class ConfigError(Refused):
    """A parameter that is missing or makes no sense."""


class Config:
    """Each reader raises `ConfigError`, naming the parameter, when it cannot read it."""

    def __init__(
        self, strategy: str, instruments: list[Instrument], parameters: dict[str, str]
    ) -> None:
        self.strategy = strategy
        self.instruments = instruments
        self.parameters = parameters

    def text(self, name: str) -> str:
        if name not in self.parameters:
            raise ConfigError(f"parameter `{name}` is missing")
        return self.parameters[name]

    def integer(self, name: str) -> int:
        return self._read(name, int, "a whole number")

    def decimal(self, name: str) -> float:
        """For ratios and the like; prices and quantities have readers of their own."""
        return self._read(name, float, "a number")

    def boolean(self, name: str) -> bool:
        return self._read(name, {"true": True, "false": False}.__getitem__, "true or false")

    def price(self, name: str) -> Price:
        return self._read(name, Price, "a price")

    def quantity(self, name: str) -> Quantity:
        return self._read(name, Quantity, "a quantity")

    def instrument(self) -> Instrument:
        """The instrument that the parameter `instrument` names; empty names the first."""
        symbol = self.parameters.get("instrument", "")
        for instrument in self.instruments:
            if symbol in ("", instrument.symbol):
                return instrument
        raise ConfigError(f"instrument `{symbol}` is not configured for this strategy")

    def order_quantity(self, instrument: Instrument) -> Quantity:
        """The parameter `quantity`; 0 means the smallest order of the instrument."""
        return self.quantity("quantity") or instrument.min_quantity

    def bar_spec(self) -> BarSpec:
        """The parameters `bar_seconds` and `basis`."""
        basis = self._read("basis", BarBasis, "one of bid, ask, mid, last")
        return BarSpec.seconds(self.integer("bar_seconds"), basis)

    def _read(self, name: str, read: Callable[[str], _Value], expected: str) -> _Value:
        text = self.text(name)
        try:
            return read(text)
        except (ValueError, KeyError, OverflowError):
            raise ConfigError(f"parameter `{name}`: `{text}` is not {expected}") from None
