"""`python -m server.reference [FOLDER]` writes every generated page (default: docs/reference)."""

import sys
from pathlib import Path

from server.reference import PAGES


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0] if arguments else "docs/reference")
    folder.mkdir(parents=True, exist_ok=True)
    for name, render in PAGES.items():
        (folder / name).write_text(render(), encoding="utf-8")
        sys.stdout.write(f"{folder / name}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
