"""Plants every mutant in a copy of the tree and runs the tests that must notice it.

    python -m tests.mutants.run [word ...]     only mutants with one of these words in their names

First the tests must pass without any mutant. A mutant is killed when a test fails; it has survived
when all pass, and it is broken when it does not apply, or pytest could not run. One line for each;
the exit status is 1 if any survived or is broken.
"""

import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.mutants import batches, known_bugs, the_life_of_a_hold
from tests.mutants.mutant import Mutant, files_of

ROOT = Path(__file__).resolve().parents[2]
MUTANTS = [*known_bugs.MUTANTS, *batches.MUTANTS, *the_life_of_a_hold.MUTANTS]
COPIED = ("inventory", "rooms", "server", "loadtests", "tests", "pyproject.toml")
AT_ONCE = 2
TIMEOUT_S = 120.0  # a mutant may make its tests wait for ever: that is noticed too
BASE_TIMEOUT_S = 900.0
PASSED, FAILED = 0, 1  # what pytest exits with


class Verdict(NamedTuple):
    planted: Mutant
    word: str  # killed, SURVIVED or BROKEN
    by: str  # the test that failed, or what is wrong
    seconds: float


def main(words: Sequence[str]) -> int:
    chosen = [each for each in MUTANTS if not words or any(word in each.bug for word in words)]
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kaibo-mutants-") as folder:
        trees: queue.Queue[Path] = queue.Queue()
        for number in range(AT_ONCE):
            trees.put(copied_tree(Path(folder) / str(number)))
        failure = base_failure(trees, chosen)
        if failure:
            print(f"without any mutant the tests fail:\n{failure}")
            return 1
        with ThreadPoolExecutor(AT_ONCE) as pool:
            verdicts = [said(each) for each in pool.map(lambda each: tried(trees, each), chosen)]
    spared = [each for each in verdicts if each.word != "killed"]
    seconds = time.monotonic() - started
    print(f"{len(verdicts) - len(spared)} of {len(verdicts)} mutants killed in {seconds:.0f} s")
    return 1 if spared or not verdicts else 0


def copied_tree(target: Path) -> Path:
    target.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target / name)
    return target


def base_failure(trees: "queue.Queue[Path]", chosen: Sequence[Mutant]) -> str:
    """What pytest says of the tree as it is, if the tests that must notice mutants fail there."""
    names = sorted({test for each in chosen for test in each.tests})
    print(f"{len(chosen)} mutants; first {len(names)} tests without any", flush=True)
    with borrowed(trees) as tree:
        ran = run_tests(tree, names, BASE_TIMEOUT_S)
    return "" if ran.returncode == PASSED else ran.stdout[-4_000:]


@contextmanager
def borrowed(trees: "queue.Queue[Path]") -> Iterator[Path]:
    tree = trees.get()
    try:
        yield tree
    finally:
        trees.put(tree)


def tried(trees: "queue.Queue[Path]", planted: Mutant) -> Verdict:
    """Plants a mutant, runs its tests, and takes it out again."""
    started = time.monotonic()
    with borrowed(trees) as tree:
        try:
            texts = files_of(planted, tree)
        except ValueError as error:
            return Verdict(planted, "BROKEN", str(error), 0)
        before = {path: path.read_text("utf-8") for path in texts}
        for path, text in texts.items():
            path.write_text(text, "utf-8")
        try:
            word, by = judged(tree, planted)
        finally:
            for path, text in before.items():
                path.write_text(text, "utf-8")
    return Verdict(planted, word, by, time.monotonic() - started)


def judged(tree: Path, planted: Mutant) -> tuple[str, str]:
    try:
        ran = run_tests(tree, planted.tests, TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return "killed", f"waiting for ever: {planted.tests[0]}"
    if ran.returncode == PASSED:
        return "SURVIVED", ", ".join(planted.tests)
    failed = re.search(r"^FAILED (\S+)", ran.stdout, re.MULTILINE)
    if ran.returncode != FAILED or failed is None:
        return "BROKEN", ran.stdout[-2_000:]
    return "killed", failed[1].removeprefix("tests/")


def run_tests(
    tree: Path, names: Sequence[str], timeout_s: float
) -> subprocess.CompletedProcess[str]:
    # Without -B, Python might take a mutant for what it compiled a moment ago.
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *names]
    return subprocess.run(
        command, cwd=tree, capture_output=True, text=True, timeout=timeout_s, check=False
    )


def said(verdict: Verdict) -> Verdict:
    line = f"{verdict.word:8} {verdict.seconds:5.1f} s  {verdict.planted.bug}"
    print(f"{line}\n{'':17} by {verdict.by}", flush=True)
    return verdict


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
