"""A live test video: HLS with a wall clock in the picture and in the playlist, made by ffmpeg.

It is encoded in real time, about a tenth of a core. On a machine that is too busy for that it loses
pictures, and both clocks stay right. A font is needed to draw the clock; without
one, the counter in the test picture still shows that it moves. The kernel ends ffmpeg with us;
where it cannot, the next start does.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import imageio_ffmpeg

from server import jobs
from server.embedded import EmbeddedError
from server.embedded.child import Child, keep_alive
from server.embedded.fonts import Font, find_font

READY_TIMEOUT_S = 20.0
POLL_INTERVAL_S = 0.05
SEGMENT_S = 2
PLAYLIST_SEGMENTS = 6
FRAMES_PER_S = 25
PLAYLIST = "live.m3u8"
TITLE_CHARACTERS_MAX = 24

# A slow gradient behind a test picture; it is drawn small and scaled up, which costs a quarter.
BACKGROUND = (
    f"gradients=size=270x480:rate={FRAMES_PER_S}:c0=0x1f1d4d:c1=0x6a4c93:c2=0xc06c84"
    ":nb_colors=3:x0=0:y0=0:x1=269:y1=479:speed=0.006:type=linear"
)
PICTURE = f"testsrc2=size=400x224:rate={FRAMES_PER_S}"
COMPOSE = (
    "[0:v]scale=540:960:flags=bilinear[background];"
    "[1:v]hue=s=0.65,drawbox=color=white@0.9:thickness=3[picture];"
    "[background][picture]overlay=x=(W-w)/2:y=230"
)
# A frame belongs to the moment at which it was drawn. While the machine keeps up, its number says
# that; where it did not, all that follows is moved on (by variable 0, in seconds) as far as it was
# late, and the frame before stands still in between, which is cheap: a minute of it takes a second.
PACED = ["-re", "-readrate_catchup", "1"]  # at its pace, also after a pause
LATE_MAX_S = 0.5
LATE_S = "((RTCTIME-RTCSTART)/1000000-T)"
ON_TIME = f"setpts='PTS+st(0,if(gt({LATE_S},ld(0)+{LATE_MAX_S}),{LATE_S},ld(0)))/TB'"
EVEN = f"fps={FRAMES_PER_S}"
CLOCK = r"%{localtime\:%H\\\:%M\\\:%S}"  # colons are escaped once for the option, once for the text

log = logging.getLogger(__name__)


class TestVideo:
    """The stream of one room in `media/{room_id}/live.m3u8`; its log and pid are beside `media`.

    `playing` is all of it. `start` returns when the playlist can be played; run `watch` as a task
    and cancel it before `stop`.
    """

    __test__ = False  # its name is no test's

    def __init__(
        self, media: Path, room_id: str, title: str = "", ffmpeg: str | None = None
    ) -> None:
        self._folder = media / room_id
        self._title = title
        self._ffmpeg = ffmpeg
        self._child = Child(f"video-{room_id}", self._folder, media.parent / "video")

    def __repr__(self) -> str:
        return f"<TestVideo {self._child!r}>"

    @property
    def playlist(self) -> Path:
        return self._folder / PLAYLIST

    @property
    def pid(self) -> int | None:
        return self._child.pid

    @asynccontextmanager
    async def playing(self) -> AsyncIterator[None]:
        """It plays as long as the block runs, and is started again if it dies."""
        await self.start()
        try:
            async with jobs.running({"video": self.watch}):
                yield
        finally:
            await self.stop()

    async def start(self) -> None:
        """Raises EmbeddedError when ffmpeg cannot run or makes no playlist."""
        if self._child.adopt_leftover():
            await self._child.end()
        await self._spawn()

    async def watch(self) -> None:
        """Starts it again whenever it dies; ends only when cancelled."""
        await keep_alive(self._child, self._spawn)

    async def stop(self) -> None:
        await self._child.end()

    async def _spawn(self) -> None:
        self._clear()
        font = find_font()
        if not font:
            log.warning("no font found, so the test video shows no clock and no title")
        self._child.spawn([self._program(), *_arguments(font, self._title)], tethered=True)
        try:
            await self._until_playable()
        except BaseException:
            await self._child.end()
            raise

    def _program(self) -> str:
        try:
            return self._ffmpeg or imageio_ffmpeg.get_ffmpeg_exe()
        except RuntimeError as error:
            raise EmbeddedError(f"no ffmpeg for the test video: {error}") from None

    def _clear(self) -> None:
        """Old segments would be played as if they were live."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in [*self._folder.glob("*.ts"), *self._folder.glob("*.m3u8*")]:
            path.unlink(missing_ok=True)

    async def _until_playable(self) -> None:
        deadline = asyncio.get_running_loop().time() + READY_TIMEOUT_S
        while not self.playlist.exists():
            if not self._child.alive:
                raise EmbeddedError(f"ffmpeg ended at once: {self._child.last_words()}")
            if asyncio.get_running_loop().time() > deadline:
                raise EmbeddedError(f"ffmpeg made no playlist: {self._child.last_words()}")
            await asyncio.sleep(POLL_INTERVAL_S)


def _arguments(font: Font | None, title: str) -> list[str]:
    """Segments are numbered by the clock, so that a player sees them rise through a restart."""
    hls_flags = "delete_segments+program_date_time+omit_endlist+discont_start+temp_file"
    texts = _texts(font, title) if font else []
    options = {
        "-filter_complex": ",".join([COMPOSE, ON_TIME, *texts, EVEN]),
        "-c:v": "libx264",
        "-preset": "ultrafast",
        "-profile:v": "baseline",
        "-pix_fmt": "yuv420p",
        "-crf": "26",
        "-g": str(SEGMENT_S * FRAMES_PER_S),
        "-sc_threshold": "0",
        "-threads": "1",
        "-f": "hls",
        "-hls_time": str(SEGMENT_S),
        "-hls_list_size": str(PLAYLIST_SEGMENTS),
        "-hls_start_number_source": "epoch",
        "-hls_flags": hls_flags,
    }
    words = ["-hide_banner", "-nostdin", "-loglevel", "warning"]
    for source in (BACKGROUND, PICTURE):
        words += [*PACED, "-f", "lavfi", "-i", source]
    return [*words, *(word for option in options.items() for word in option), PLAYLIST]


def _texts(font: Font, title: str) -> list[str]:
    shown = font.drawable(title)[:TITLE_CHARACTERS_MAX].strip()
    texts = [_text(font, CLOCK, size=56, y=500)]
    if shown:
        texts.append(_text(font, _escaped(shown), size=28, y=175))
    return texts


def _text(font: Font, text: str, size: int, y: int) -> str:
    return (
        f"drawtext=fontfile='{font.path}':text='{text}':fontsize={size}:fontcolor=white"
        f":shadowcolor=black@0.5:shadowx=2:shadowy=2:x=(w-tw)/2:y={y}"
    )


def _escaped(text: str) -> str:
    """Without the characters that mean something to a filter graph or to drawtext."""
    return "".join(" " if character in "\\':%{},;[]" else character for character in text)
