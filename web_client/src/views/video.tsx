// The live picture: hls.js where the browser lets scripts feed video, the browser's own player on
// Apple devices. Starts muted, because browsers let nothing else start by itself.
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { t } from "../i18n";
import { Icon } from "./icons";

const RETRY_MS = 2_000;
const HLS_TYPE = "application/vnd.apple.mpegurl";

interface VideoProps {
  url: string | null;
  playing: Signal<boolean>;
}

export function Video({ url, playing }: VideoProps) {
  const video = useRef<HTMLVideoElement>(null);
  const audible = useSignal(false);
  useEffect(() => {
    audible.value = false; // until the stream shows that it has sound
    if (url === null || video.current === null) return undefined;
    return attach(video.current, url, () => (audible.value = true));
  }, [url]);
  return (
    <>
      <video
        ref={video}
        class="video"
        data-testid="video"
        aria-label={t("video.label")}
        muted
        autoplay
        playsInline
        onPlaying={() => (playing.value = true)}
        onWaiting={() => (playing.value = false)}
        onEmptied={() => (playing.value = false)}
      />
      {!playing.value && (
        <p class="video-waiting">
          <span data-testid="video-waiting">{t(url === null ? "video.none" : "video.waiting")}</span>
        </p>
      )}
      {url !== null && audible.value && <SoundButton video={video} />}
    </>
  );
}

function SoundButton({ video }: { video: { current: HTMLVideoElement | null } }) {
  const muted = useSignal(true);
  const toggle = () => {
    if (video.current === null) return;
    muted.value = !muted.value;
    video.current.muted = muted.value;
    void video.current.play().catch(() => undefined); // the browser may still want a gesture
  };
  return (
    <button
      type="button"
      class="sound-button"
      data-testid="sound-button"
      data-state={muted.value ? "muted" : "on"}
      aria-label={t(muted.value ? "video.unmute" : "video.mute")}
      onClick={toggle}
    >
      <Icon name={muted.value ? "silent" : "sound"} />
      {muted.value && <span>{t("video.unmute")}</span>}
    </button>
  );
}

/** Plays `url` in `video` until the returned function is called; says when it turns out to have sound. */
function attach(video: HTMLVideoElement, url: string, onSound: () => void): () => void {
  if (playsItself(video)) return attachNative(video, url, onSound);
  let ended = false;
  let detach: () => void = () => undefined;
  void import("./hls").then(({ attachHls }) => {
    if (!ended) detach = attachHls(video, url, onSound);
  });
  return () => {
    ended = true;
    detach();
  };
}

/** Apple's browsers: their own player is the one that saves the battery and reaches AirPlay. */
function playsItself(video: HTMLVideoElement): boolean {
  const scripted = "MediaSource" in window && !("ManagedMediaSource" in window);
  return !scripted && video.canPlayType(HLS_TYPE) !== "";
}

function attachNative(video: HTMLVideoElement, url: string, onSound: () => void): () => void {
  let timer = 0;
  const look = () => {
    const { audioTracks } = video as { audioTracks?: { length: number } }; // Safari has it
    if (audioTracks?.length !== 0) onSound();
  };
  video.addEventListener("loadeddata", look);
  const start = () => {
    video.src = url;
    void video.play().catch(() => undefined);
  };
  const later = () => (timer = window.setTimeout(start, RETRY_MS));
  video.addEventListener("error", later);
  start();
  return () => {
    window.clearTimeout(timer);
    video.removeEventListener("error", later);
    video.removeEventListener("loadeddata", look);
    video.removeAttribute("src");
    video.load();
  };
}
