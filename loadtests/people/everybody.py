"""All who take part in a show, as classes for locust, which makes the users itself.

Locust hands its users nothing, so each class carries the show; how many there are of each comes
from the scenario: buyers share their number by weight, everybody else has a fixed one.
"""

from typing import Any

from locust import User

from loadtests.host import Host
from loadtests.people.buyers import KINDS
from loadtests.people.scalper import Scalper
from loadtests.people.stage_host import StageHost
from loadtests.people.talker import Talker, talkers_of
from loadtests.show import Show


def people_of(show: Show, host: Host) -> list[type[User]]:
    """The classes; those of whom nobody comes are left out."""
    scenario = show.scenario
    talkers = talkers_of(scenario)
    people = [_made(StageHost, show=show, desk=host, fixed_count=1)]
    if talkers:
        people.append(_made(Talker, show=show, talkers=talkers, fixed_count=talkers))
    if scenario.scalpers:
        people.append(_made(Scalper, show=show, fixed_count=scenario.scalpers))
    if scenario.buyers:
        people += [_made(kind, show=show) for kind in KINDS]
    return people


def count_of(show: Show) -> int:
    """How many locust users that is."""
    return 1 + talkers_of(show.scenario) + show.buyers


def _made(kind: type[User], **carried: Any) -> type[User]:
    return type(kind.__name__, (kind,), {**carried, "abstract": False})
