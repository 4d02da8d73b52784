"""Rows of a CSV file that a spreadsheet opens as text and not as formulas. Pure.

A cell that begins with one of `_FORMULA` could run as a formula when the file is opened, and what
is in it comes from viewers; it gets an apostrophe in front, as OWASP advises. Texts are quoted, so
that none is taken for several cells where another separator is usual.
"""

import csv
import io
from collections.abc import Sequence

BOM = "\ufeff"  # tells a spreadsheet that Chinese follows
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def row(cells: Sequence[str | int]) -> str:
    """One line, with its end; numbers are ours and stay as they are."""
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\r\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([_safe(cell) for cell in cells])
    return line.getvalue()


def _safe(cell: str | int) -> str | int:
    if isinstance(cell, int) or not cell.lstrip(" \u3000").startswith(_FORMULA):
        return cell
    return f"'{cell}"


def cents_text(cents: int) -> str:
    """12990 as "129.90"."""
    return f"{cents // 100}.{cents % 100:02d}"
