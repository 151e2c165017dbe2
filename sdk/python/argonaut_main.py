"""What the componentizer runs: the author's `strategy.py` under the kit's guards."""

from argonaut import shadow

# First, so that the strategy and what it imports find event time and the seeded source.
shadow.install()

import strategy  # noqa: E402,F401
from argonaut import guest  # noqa: E402
from argonaut.strategy import exported  # noqa: E402

if exported is None:
    raise SystemExit("strategy.py exports no strategy: end it with `export(YourStrategy)`")

WitWorld = guest.Plugin
OnBook = guest.Books
OnSignal = guest.Signals
