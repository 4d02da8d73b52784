"""Promises about what people are told, and about who may come in. Pure."""

from loadtests.oracle.evidence import Breaches, RunEvidence
from loadtests.people.record import UNHEARD


def everyone_was_served(run: RunEvidence) -> tuple[int, Breaches]:
    """A run in which buyers fell out proves little, so it must not look like a good one."""

    def breaches() -> Breaches:
        if len(run.records) < run.buyers_wanted:
            yield f"{run.buyers_wanted} buyers wanted, {len(run.records)} came"
        if run.unsettled:
            yield f"{run.unsettled} buyers were still at it when the run had to end"
        for record in run.records:
            yield from (f"buyer {record.number}: {failure}" for failure in record.failures)
            for reservation_id in record.reservation_ids():
                if record.attempts_of(reservation_id)[-1].outcome == UNHEARD:
                    yield f"buyer {record.number} never heard what became of {reservation_id}"

    return len(run.records), breaches()


def no_event_was_lost(run: RunEvidence) -> tuple[int, Breaches]:
    """Of the numbered events: comments may be left out with a notice, nothing may without."""
    swarm = run.swarm

    def breaches() -> Breaches:
        if swarm.gaps:
            yield f"{swarm.gaps} of {swarm.promised} numbered events never came to their readers"
        if run.lagging:
            yield f"{run.lagging} readers never heard of the last event"

    return swarm.promised, breaches()


def no_event_came_twice(run: RunEvidence) -> tuple[int, Breaches]:
    def breaches() -> Breaches:
        if run.swarm.duplicates:
            yield f"{run.swarm.duplicates} numbered events came to a reader again"

    return run.swarm.received, breaches()


def the_last_stock_is_shown(run: RunEvidence) -> tuple[int, Breaches]:
    def breaches() -> Breaches:
        if run.stale:
            yield f"{run.stale} readers were left with an old stock"

    return run.swarm.viewers_max if run.sales else 0, breaches()


def intruders_are_refused(run: RunEvidence) -> tuple[int, Breaches]:
    tried = [(record, each) for record in run.records for each in record.intrusions]

    def breaches() -> Breaches:
        for record, each in tried:
            if not each.was_refused:
                yield f"buyer {record.number} {each.words}: {each.outcome}"

    return len(tried), breaches()


def audit_agrees(run: RunEvidence) -> tuple[int, Breaches]:
    def breaches() -> Breaches:
        if run.audit_status:
            yield f"kaibo audit ended with status {run.audit_status}: {run.audit_words[-500:]}"

    return int(run.audit_status is not None), breaches()
