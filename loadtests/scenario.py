"""A scenario: who comes, what is sold and what goes wrong, read from a page of TOML.

`python -m loadtests run NAME` takes one of loadtests/scenarios or the path of your own. A field
that cannot be used is named, with what would do. Every field is a line below and one in
docs/how-to/load-test.md.
"""

import difflib
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from loadtests.errors import LoadError
from loadtests.oracle.promises import PROMISES

FOLDER = Path(__file__).parent / "scenarios"
ONE_ACCOUNT_TABS_MAX = 10  # sockets of one user in one room; the server closes the oldest beyond

Count = Annotated[int, Meta(ge=0)]
Some = Annotated[int, Meta(ge=1)]
Rate = Annotated[float, Meta(ge=0)]
Seconds = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(gt=0, le=1)]

ShapeName = Literal[
    "countdown_rush",
    "slow_burn",
    "celebrity_join",
    "reconnect_storm",
    "deploy_in_the_middle",
    "soak",
]
FaultKind = Literal[
    "kill_worker",
    "replace_workers",
    "restart_redis",
    "pause_ledger",
    "drop_replies",
    "slow_network",
    "cut_viewers",
]


class ScenarioUnusable(LoadError):
    """The file cannot be used; the message names the field."""


class FaultPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that goes wrong, `at_s` after the run began."""

    at_s: Seconds
    kind: FaultKind
    for_s: Seconds = 5.0  # pause_ledger, slow_network
    count: Some = 20  # drop_replies: how many answers to `reserve` and `pay` are lost
    delay_ms: Some = 300  # slow_network: each way
    share: Share = 1.0  # cut_viewers: of the readers


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One run's plan."""

    text: str
    shape: ShapeName
    duration_s: Annotated[float, Meta(ge=5)]
    viewers: Count  # sockets that watch; some of them talk
    buyers: Count
    hosts: Annotated[int, Meta(ge=1, le=1)] = 1
    scalpers: Count = 0  # accounts; each has as many tabs as it may
    scalper_tabs: Annotated[int, Meta(ge=1, le=ONE_ACCOUNT_TABS_MAX)] = 5
    workers: Some = 2  # of an own server
    products: Annotated[int, Meta(ge=1, le=20)] = 1  # a sale of each
    units: Some = 100  # of each sale
    per_buyer_max: Annotated[int, Meta(ge=1, le=99)] = 1
    hold_s: Annotated[int, Meta(ge=5, le=3600)] = 8  # short, so that a lapsed one is sold again
    opens_at_s: Seconds = 20.0  # when the first countdown begins
    next_sale_s: Seconds = 10.0  # from one product's countdown to the next one's
    countdown_s: Annotated[int, Meta(ge=0, le=300)] = 5
    patience_s: Seconds = 20.0  # how long a refused buyer hopes for a unit
    restock_at_s: Seconds | None = None
    restock_units: Count = 0
    comments_per_s: Rate = 0.0
    likes_per_s: Rate = 0.0
    faults: list[FaultPlan] = []
    exempt: dict[str, str] = {}  # promise -> why nothing can test it here

    @property
    def last_opening_s(self) -> float:
        """When the last sale's countdown is over."""
        return self.opens_at_s + (self.products - 1) * self.next_sale_s + self.countdown_s

    @property
    def needs_proxy(self) -> bool:
        return any(fault.kind in ("drop_replies", "slow_network") for fault in self.faults)

    @property
    def needs_own_server(self) -> list[str]:
        """The faults that can only be made on a server that the run started itself."""
        return sorted({fault.kind for fault in self.faults} - {"cut_viewers"})

    def figures(self) -> dict[str, str | int | float | bool]:
        """What a report shows of the plan."""
        names = ["shape", "viewers", "buyers", "scalpers", "products", "units", "per_buyer_max"]
        names += ["hold_s", "comments_per_s", "likes_per_s", "duration_s"]
        return {name: getattr(self, name) for name in names}


def names() -> list[str]:
    """The scenarios that come with Kaibo."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(name: str) -> tuple[str, Scenario]:
    """A scenario by its name or its file's path; the name and the scenario.

    Raises ScenarioUnusable.
    """
    path = FOLDER / f"{name}.toml"
    if not path.is_file():
        path = Path(name)
    try:
        text = path.read_text()
    except OSError:
        near = difflib.get_close_matches(name, names(), n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names())}"
        raise ScenarioUnusable(f"no scenario and no file is called {name!r}; {hint}") from None
    try:
        return path.stem, parse(text)
    except ScenarioUnusable as error:
        raise ScenarioUnusable(f"{path.name}: {error}") from None


def parse(text: str) -> Scenario:
    """A scenario from TOML. Raises ScenarioUnusable, which names the field."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioUnusable(f"not TOML: {error}") from None
    try:
        scenario = msgspec.convert(found, Scenario)
    except msgspec.ValidationError as error:
        raise ScenarioUnusable(_advice(str(error), found)) from None
    _check(scenario)
    return scenario


_PATH = re.compile(r"(?P<what>.*) - at `\$\.?(?P<path>.*)`")
_NAMED = re.compile(r"`(?P<name>[a-z_]+)`")


def _advice(error: str, found: dict[str, Any]) -> str:
    """What msgspec says, with the field first and the fields there are."""
    if match := _PATH.fullmatch(error):
        what = match["what"]
        named = _NAMED.search(what)
        if "unknown field" not in what or named is None:
            return f"field `{match['path']}`: {what}; {_remedy(match['path'], what)}"
        error = what
    if "unknown field" in error and (named := _NAMED.search(error)):
        is_top = named["name"] in found
        known = (Scenario if is_top else FaultPlan).__struct_fields__
        near = difflib.get_close_matches(named["name"], known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(known)}"
        return f"field `{named['name']}` does not exist; {hint}"
    if named := _NAMED.search(error):
        return f"field `{named['name']}`: {error}; add it"
    return error


def _remedy(path: str, what: str) -> str:
    if "missing" in what:
        return "add it"
    if "Invalid enum" in what:
        known = get_args(ShapeName if path == "shape" else FaultKind)
        return f"there are: {', '.join(known)}"
    return "correct its value"


def _check(scenario: Scenario) -> None:
    """What no single field can know. Raises ScenarioUnusable."""
    if scenario.buyers and scenario.last_opening_s > scenario.duration_s:
        raise ScenarioUnusable(
            f"field `duration_s`: the last sale opens after {scenario.last_opening_s:g} s and the"
            f" run ends after {scenario.duration_s:g}; make it longer, or `opens_at_s` smaller"
        )
    for name in scenario.exempt.keys() - PROMISES.keys():
        raise ScenarioUnusable(
            f"field `exempt.{name}`: no promise is called so; there are: {', '.join(PROMISES)}"
        )
    for number, fault in enumerate(scenario.faults):
        if fault.at_s > scenario.duration_s:
            raise ScenarioUnusable(
                f"field `faults[{number}].at_s`: {fault.at_s:g} is after the run's end at"
                f" {scenario.duration_s:g}; make it smaller"
            )
