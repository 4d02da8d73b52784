"""Rows that a spreadsheet opens as text."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.spreadsheet import cents_text, row

printable = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n"))


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-2", "@SUM(A1)", "\t=1", " =1", "＝1", "\r=cmd", "　=1"]
)
def test_what_could_run_as_a_formula_is_text(text: str) -> None:
    (cell,) = next(csv.reader(io.StringIO(row([text]), newline="")))
    assert cell == f"'{text}"


@given(st.lists(printable, min_size=1))
def test_what_was_written_is_read_again(texts: list[str]) -> None:
    (read,) = csv.reader(io.StringIO(row(texts), newline=""))
    assert [cell.removeprefix("'") for cell in read] == [text.removeprefix("'") for text in texts]


def test_numbers_stay_numbers() -> None:
    assert row([-3, "tea; green", cents_text(12905)]) == '-3,"tea; green","129.05"\r\n'
