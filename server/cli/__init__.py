"""The `kaibo` command: `parser` reads the words, `commands` does what they ask."""

from server.cli.parser import main

__all__ = ["main"]
