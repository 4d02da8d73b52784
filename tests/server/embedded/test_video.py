"""The live test video: played, restarted, ended with its owner."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import imageio_ffmpeg
import pytest

from server.embedded import EmbeddedError
from server.embedded.fonts import Font, find_font
from server.embedded.video import SEGMENT_S, TestVideo

LATE_MAX_S = 3  # a segment that is being made, and some time to make it

OWNER = """
import asyncio, sys
from pathlib import Path
from server.embedded.video import TestVideo

async def main():
    video = TestVideo(Path(sys.argv[1]) / "media", "demo", "Owned")
    await video.start()
    print(video.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def pid_of_a_killed_owner(data_dir: Path) -> int:
    """The pid of the ffmpeg whose owner was just killed."""
    command = [sys.executable, "-c", OWNER, str(data_dir)]
    owner = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert owner.stdout
    pid = int(owner.stdout.readline())
    owner.kill()
    owner.communicate()
    return pid


def described(segment: Path) -> str:
    probe = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(segment)]
    return subprocess.run(probe, capture_output=True, text=True, check=False).stderr


def late_s(video: TestVideo) -> float:
    """How long ago, by the playlist, its last picture was taken."""
    playlist = video.playlist.read_text()
    taken_at = re.findall(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)", playlist)[-1]
    length_s = re.findall(r"#EXTINF:([\d.]+)", playlist)[-1]
    age = datetime.now(UTC) - datetime.fromisoformat(taken_at)
    return age.total_seconds() - float(length_s)


async def until(happened: Callable[[], bool], timeout_s: float = 20) -> None:
    async with asyncio.timeout(timeout_s):
        while not happened():
            await asyncio.sleep(0.05)


def is_running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


async def test_the_playlist_is_live_and_tells_the_wall_clock(tmp_path: Path) -> None:
    video = TestVideo(tmp_path / "media", "demo", "龙井茶 Longjing's tea: 50% off")
    async with video.playing():
        playlist = video.playlist.read_text()
        times = re.findall(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)", playlist)
        age_s = (datetime.now(UTC) - datetime.fromisoformat(times[-1])).total_seconds()
        assert 0 <= age_s < 15
        assert "#EXT-X-ENDLIST" not in playlist


async def test_after_a_pause_the_playlist_tells_the_wall_clock_again(tmp_path: Path) -> None:
    video = TestVideo(tmp_path / "media", "demo", "Demo")
    async with video.playing():
        pid = video.pid
        assert pid
        await until(lambda: late_s(video) < LATE_MAX_S)
        os.kill(pid, signal.SIGSTOP)
        try:
            await until(lambda: late_s(video) > 3 * LATE_MAX_S)
        finally:
            os.kill(pid, signal.SIGCONT)
        await until(lambda: late_s(video) < LATE_MAX_S, timeout_s=60)
        assert video.pid == pid, "the same one, not another"
        lengths_s = re.findall(r"#EXTINF:([\d.]+)", video.playlist.read_text())
        assert {float(length_s) for length_s in lengths_s} == {SEGMENT_S}, "without a gap"


async def test_a_segment_is_portrait_h264_that_every_browser_plays(tmp_path: Path) -> None:
    video = TestVideo(tmp_path / "media", "demo", "Demo")
    async with video.playing():
        names = re.findall(r"^\S+\.ts$", video.playlist.read_text(), re.MULTILINE)
        segment = video.playlist.parent / names[0]
        said = described(segment)
    assert re.search(r"Video: h264 \(Constrained Baseline\).*540x960.*25 fps", said), said


async def test_a_killed_ffmpeg_is_started_again_with_rising_numbers(tmp_path: Path) -> None:
    video = TestVideo(tmp_path / "media", "demo", "Demo")
    async with video.playing():
        first = sequence(video.playlist.read_text())
        killed = video.pid
        assert killed
        os.kill(killed, signal.SIGKILL)
        await until(lambda: video.pid != killed and video.playlist.exists())
        assert sequence(video.playlist.read_text()) > first


async def test_it_ends_with_an_owner_who_is_killed(tmp_path: Path) -> None:
    pid = pid_of_a_killed_owner(tmp_path)
    await until(lambda: not is_running(pid))
    async with TestVideo(tmp_path / "media", "demo", "Demo").playing():
        pass


async def test_without_a_font_it_plays_without_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("server.embedded.video.find_font", lambda: find_font((str(tmp_path),)))
    video = TestVideo(tmp_path / "media", "demo", "Demo")
    async with video.playing():
        assert "#EXTM3U" in video.playlist.read_text()
    assert "no font found" in caplog.text


async def test_an_ffmpeg_that_cannot_run_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "ffmpeg"
    broken.write_text("#!/bin/sh\necho no such codec\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(EmbeddedError, match="no such codec"):
        await TestVideo(tmp_path / "media", "demo", "Demo", ffmpeg=str(broken)).start()


def test_a_chinese_font_is_preferred_and_a_latin_one_drops_what_it_lacks(tmp_path: Path) -> None:
    assert find_font((str(tmp_path),)) is None
    (tmp_path / "DejaVuSans-Bold.ttf").touch()
    (tmp_path / "DejaVuSans.ttf").touch()
    assert find_font((str(tmp_path),)) == Font(str(tmp_path / "DejaVuSans.ttf"), chinese=False)
    (tmp_path / "NotoSansCJK-Regular.ttc").touch()
    found = find_font((str(tmp_path),))
    assert found
    assert found.drawable("龙井茶 tea") == "龙井茶 tea"
    assert Font("latin", chinese=False).drawable("龙井茶 tea é") == " tea é"


def sequence(playlist: str) -> int:
    match = re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", playlist)
    assert match
    return int(match[1])
