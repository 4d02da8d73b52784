"""Finds a font file for drawing on the test video, one with Chinese characters if there is one."""

import os
from dataclasses import dataclass
from pathlib import Path

FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
)
# Beginnings of file names, in lower case without separators, best first.
CHINESE = ("notosanscjk", "sourcehansans", "wqy", "droidsansfallback", "pingfang", "stheiti")
LATIN = ("dejavusans", "notosans", "opensans", "liberationsans", "roboto", "helvetica", "arial")
SUFFIXES = {".ttf", ".otf", ".ttc"}
LATIN_MAX = 0x24F  # the end of Latin Extended-B


@dataclass(frozen=True)
class Font:
    path: str
    chinese: bool

    def drawable(self, text: str) -> str:
        """`text` without the characters that this font would show as boxes."""
        if self.chinese:
            return text
        return "".join(character for character in text if ord(character) <= LATIN_MAX)


def find_font(folders: tuple[str, ...] = FOLDERS) -> Font | None:
    paths = sorted((path for folder in folders for path in _font_files(folder)), key=_fancy)
    for beginnings, chinese in ((CHINESE, True), (LATIN, False)):
        for beginning in beginnings:
            for path in paths:
                if _plain_name(path).startswith(beginning):
                    return Font(str(path), chinese)
    return None


def _font_files(folder: str) -> list[Path]:
    return [
        Path(parent) / name
        for parent, _, names in os.walk(Path(folder).expanduser())
        for name in names
        if Path(name).suffix.lower() in SUFFIXES and "'" not in parent + name
    ]


def _fancy(path: Path) -> tuple[bool, str]:
    """Sorts regular faces before bold, thin and slanted ones."""
    name = _plain_name(path)
    return "regular" not in name and name not in LATIN, name


def _plain_name(path: Path) -> str:
    return path.stem.lower().replace("-", "").replace("_", "").replace(" ", "")
