"""What a strategy says about itself: name, version, and the parameters that operators can set. The
host fills in defaults and refuses values out of range before the strategy is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional, Union

_Value = Union[str, int, float, bool, None]


def _text(value: _Value) -> Optional[str]:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # As the host reads numbers: plain, without an exponent.
        return f"{value:.9f}".rstrip("0").rstrip(".")
    return str(value)


@dataclass(frozen=True)
class Parameter:
    """A parameter. Without a default it must be given; bounds are inclusive."""

    name: str
    kind: str
    documentation: str
    default: Optional[str] = None
    minimum: Optional[str] = None
    maximum: Optional[str] = None

    @staticmethod
    def integer(
        name: str, documentation: str, *, default: _Value = None, minimum: _Value = None,
        maximum: _Value = None,
    ) -> Parameter:
        bounds = _text(minimum), _text(maximum)
        return Parameter(name, "integer", documentation, _text(default), *bounds)

    @staticmethod
    def decimal(
        name: str, documentation: str, *, default: _Value = None, minimum: _Value = None,
        maximum: _Value = None,
    ) -> Parameter:
        bounds = _text(minimum), _text(maximum)
        return Parameter(name, "decimal", documentation, _text(default), *bounds)

    @staticmethod
    def boolean(name: str, documentation: str, *, default: _Value = None) -> Parameter:
        return Parameter(name, "boolean", documentation, _text(default))

    @staticmethod
    def text(name: str, documentation: str, *, default: Optional[str] = None) -> Parameter:
        return Parameter(name, "text", documentation, default)


@dataclass(frozen=True)
class Description:
    """Name, version and parameters of a strategy."""

    name: str
    version: str
    documentation: str
    parameters: tuple[Parameter, ...] = field(default=())

    def with_parameter(self, *parameters: Parameter) -> Description:
        """The same with more parameters."""
        all_ = self.parameters + parameters
        return Description(self.name, self.version, self.documentation, all_)

    def with_instrument(self) -> Description:
        """The same with the parameter that `Config.instrument` reads."""
        text = "Symbol to trade; empty means the first configured instrument."
        return self.with_parameter(Parameter.text("instrument", text, default=""))

    def with_quantity(self) -> Description:
        """The same with the parameter that `Config.order_quantity` reads."""
        text = "Size of an order; 0 means the smallest the instrument allows."
        bounds = {"minimum": 0, "maximum": 100_000_000_000}
        return self.with_parameter(Parameter.decimal("quantity", text, default=0, **bounds))

    def with_time_bars(self, seconds: int, basis: str) -> Description:
        """The same with the parameters that `Config.bar_spec` reads."""
        basis_text = "Price that bars follow: bid, ask, mid or last."
        length = Parameter.integer(
            "bar_seconds", "Length of a bar in seconds.", default=seconds, minimum=1, maximum=86_400
        )
        return self.with_parameter(length, Parameter.text("basis", basis_text, default=basis))
