"""The sandbox pay page's advanced part: its fields, and what was chosen in them.

No script: the fields lie in a `details` in the same form as the buttons, and what is chosen goes
with whichever is pressed. A form without them leaves the checkout's own switches as they are.
"""

from html import escape
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request

from inventory.payments.sandbox.faults import COPIES_MAX, LOST_MAX, SLOW_MS_MAX, Faults, faults_from
from server.http.problems import Refused
from server.http.requests import read_body

FORM_BYTES_MAX = 4_096
_FIELDS_MAX = 20
_NUMBERS = {
    "slow_ms": (0, SLOW_MS_MAX),
    "copies": (1, COPIES_MAX),
    "lost": (0, LOST_MAX),
    "unheard": (0, LOST_MAX),
}
_CHOICES = {
    "order": ("sent", "failure_last", "refund_first"),
    "refund": ("paid", "refused", "lost"),
}


async def faults_in(request: Request) -> Faults | str | None:
    """The switches in a form's body, None if it has none, or why they cannot be used."""
    try:
        body = await read_body(request, FORM_BYTES_MAX)
        pairs = parse_qsl(body.decode(), strict_parsing=bool(body), max_num_fields=_FIELDS_MAX)
        return faults_from(dict(pairs)) if pairs else None
    except Refused as refused:
        return refused.error.message
    except ValueError as error:
        return str(error)


def faults_fields(faults: Faults, words: dict[str, str]) -> str:
    """The advanced part, showing `faults`."""
    given = msgspec.to_builtins(faults)
    rows = [_number(name, given[name], words) for name in _NUMBERS]
    rows += [_choice(name, given[name], words) for name in _CHOICES]
    late = " checked" if faults.late else ""
    rows.append(_row(words["late"], f'<input type="checkbox" name="late" value="true"{late}>'))
    opened = "" if faults == Faults() else " open"
    summary = f"<summary>{escape(words['advanced'])}</summary>"
    return f'<details data-testid="sandbox-faults"{opened}>{summary}{"".join(rows)}</details>'


def _row(label: str, field: str) -> str:
    return f"<label><span>{escape(label)}</span>{field}</label>"


def _number(name: str, value: int, words: dict[str, str]) -> str:
    least, most = _NUMBERS[name]
    limits = f'min="{least}" max="{most}"'
    return _row(words[name], f'<input type="number" name="{name}" {limits} value="{value}">')


def _choice(name: str, value: str, words: dict[str, str]) -> str:
    options = "".join(
        f'<option value="{choice}"{" selected" if choice == value else ""}>'
        f"{escape(words[f'{name}_{choice}'])}</option>"
        for choice in _CHOICES[name]
    )
    return _row(words[name], f'<select name="{name}">{options}</select>')
