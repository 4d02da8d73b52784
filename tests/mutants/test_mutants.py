"""Every mutant still applies to the code as it is; `make mutants` proves that each is noticed."""

from pathlib import Path

import pytest

from tests.mutants.mutant import Mutant, files_of
from tests.mutants.run import MUTANTS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("planted", MUTANTS, ids=lambda planted: planted.bug)
def test_the_mutant_applies_and_its_tests_are_there(planted: Mutant) -> None:
    assert files_of(planted, ROOT)
    for name in planted.tests:
        file, _, test = name.partition("::")
        text = (ROOT / file).read_text("utf-8")
        assert f"def {test.partition('[')[0]}(" in text or not test


def test_no_two_mutants_have_one_name() -> None:
    names = [planted.bug for planted in MUTANTS]
    assert len(set(names)) == len(names)
