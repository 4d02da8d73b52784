"""`kaibo capacity`: what an audience needs, by the costs that were measured."""

import argparse
from typing import Any, get_type_hints

import msgspec

from server.capacity import costs, sentences
from server.capacity.need import Audience, Need, need
from server.cli.flags import of
from server.settings import Settings


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The audience's flags, and one for each cost."""
    for field in msgspec.structs.fields(Audience):
        shown = "" if field.required else f" (default {field.default:g})"
        parser.add_argument(
            _flag(field.name),
            type=_number(Audience, field.name),
            required=field.required,
            default=argparse.SUPPRESS,
            metavar="N",
            help=costs.describe(Audience, field.name) + shown,
        )
    for name in costs.Costs.__struct_fields__:
        parser.add_argument(
            _flag(name),
            type=_number(costs.Costs, name),
            default=argparse.SUPPRESS,
            metavar="N",
            help=f"{costs.describe(costs.Costs, name)} (default: as measured)",
        )
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


async def capacity(settings: Settings, *, json: bool, **given: float) -> int:
    measured = costs.read()
    own = {name: value for name, value in given.items() if name in costs.Costs.__struct_fields__}
    used = msgspec.structs.replace(measured.costs, **own)
    audience = Audience(**{name: value for name, value in given.items() if name not in own})  # type: ignore[arg-type]
    found = need(audience, used, settings.room_comments_per_s_max)
    if json:
        print(_as_json(audience, found, msgspec.structs.replace(measured, costs=used), settings))
        return 0
    shown_max = settings.room_comments_per_s_max
    print("\n".join(sentences.report(audience, found, measured, shown_max)))
    return 0


def _as_json(audience: Audience, found: Need, used: costs.Measured, settings: Settings) -> str:
    assumed = sentences.assumptions(audience, found, settings.room_comments_per_s_max)
    whole = {"audience": audience, "need": found, "assumptions": assumed, "measured": used}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode()


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _number(kind: type[msgspec.Struct], name: str) -> Any:
    return of(get_type_hints(kind, include_extras=True)[name])
