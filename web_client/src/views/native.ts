// Apple's own player, on devices where it is the one that saves the battery and reaches AirPlay.
import type { Source } from "./player";

const RETRY_MS = 2_000;
const HLS_TYPE = "application/vnd.apple.mpegurl";

/** What Safari's video element has beyond the standard's. */
interface AppleVideo {
  audioTracks?: { length: number };
  getStartDate?: () => Date; // when the picture at 0 was taken; invalid if the stream does not say
}

export function playsItself(video: HTMLVideoElement): boolean {
  const scripted = "MediaSource" in window && !("ManagedMediaSource" in window);
  return !scripted && video.canPlayType(HLS_TYPE) !== "";
}

export function attachNative(video: HTMLVideoElement, url: string, onSound: () => void): Source {
  const apple: AppleVideo = video as unknown as AppleVideo;
  let timer = 0;
  const look = () => {
    if (apple.audioTracks?.length !== 0) onSound();
  };
  const start = () => {
    video.src = url;
    void video.play().catch(() => undefined);
  };
  const later = () => (timer = window.setTimeout(start, RETRY_MS));
  video.addEventListener("loadeddata", look);
  video.addEventListener("error", later);
  start();
  const edgeS = () => (video.seekable.length > 0 ? video.seekable.end(video.seekable.length - 1) : 0);
  return {
    pictureMs: () => {
      const startMs = apple.getStartDate?.().getTime() ?? Number.NaN;
      return Number.isNaN(startMs) ? null : startMs + video.currentTime * 1000;
    },
    fromEdgeMs: () => Math.max(0, edgeS() - video.currentTime) * 1000,
    toEdge: () => (video.currentTime = edgeS()),
    detach: () => {
      window.clearTimeout(timer);
      video.removeEventListener("error", later);
      video.removeEventListener("loadeddata", look);
      video.removeAttribute("src");
      video.load();
    },
  };
}
