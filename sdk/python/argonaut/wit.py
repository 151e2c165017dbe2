"""The types of the plugin contract as they are, in raw units: for `Strategy.submit`, whose orders
may have any type and any terms. Generated from the contract at build time."""

from wit_world.imports.types import *  # noqa: F401,F403
