"""What the flags of all commands share: how their text is read, and the settings."""

import argparse
from collections.abc import Callable
from typing import Any

import msgspec

from server.settings import SECRETS, Settings, describe, environ_name, flag_name
from server.wanted import wanted


def of(kind: Any) -> Callable[[str], Any]:
    """What argparse is to read a flag's text with; a refusal is told with the flag's name."""

    def read(text: str) -> Any:
        try:
            return msgspec.convert(text, kind, strict=False)
        except msgspec.ValidationError:
            told = f"must be {wanted(kind)}; got {text[:80]!r}"
            raise argparse.ArgumentTypeError(told) from None

    return read


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Last of a command's flags: `usage` names those before, so that errors are not drowned."""
    usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
    parser.usage = f"{usage} [SETTINGS]".replace("%", "%%")
    group = parser.add_argument_group("settings")
    for name in Settings.__struct_fields__:
        if name in SECRETS:
            continue
        default = Settings.__struct_defaults__[Settings.__struct_fields__.index(name)]
        shown = f" (default {default})" if default != "" else ""
        group.add_argument(
            flag_name(name),
            dest=name,
            metavar="VALUE",
            help=f"{describe(name)}{shown} [{environ_name(name)}]",
        )
    group.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="warning",
        help="what is logged, on stderr (default warning)",
    )
