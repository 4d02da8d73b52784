// The live picture: hls.js where the browser lets scripts feed video, the browser's own player on
// Apple devices. Starts muted, because browsers let nothing else start by itself.
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { t } from "../i18n";
import { Icon } from "./icons";
import { attachNative, playsItself } from "./native";
import type { Player, Source } from "./player";

interface VideoProps {
  url: string | null;
  playing: Signal<boolean>;
  player?: Player; // told what plays here
}

export function Video({ url, playing, player }: VideoProps) {
  const video = useRef<HTMLVideoElement>(null);
  const audible = useSignal(false);
  useEffect(() => {
    audible.value = false; // until the stream shows that it has sound
    if (url === null || video.current === null) return undefined;
    return attach(video.current, url, () => (audible.value = true), player);
  }, [url]);
  return (
    <>
      <video
        ref={video}
        class="video"
        data-small={player?.isSmall.value === true}
        data-testid="video"
        aria-label={t("video.label")}
        muted
        autoplay
        playsInline
        onPlaying={() => (playing.value = true)}
        onWaiting={() => (playing.value = false)}
        onEmptied={() => (playing.value = false)}
        onEnterPictureInPicture={() => player !== undefined && (player.isSmall.value = true)}
        onLeavePictureInPicture={() => player !== undefined && (player.isSmall.value = false)}
      />
      {player?.isSmall.value === true && <InSmallWindow player={player} />}
      {!playing.value && (
        <p class="video-waiting">
          <span data-testid="video-waiting">{t(url === null ? "video.none" : "video.waiting")}</span>
        </p>
      )}
      {url !== null && audible.value && <SoundButton video={video} />}
    </>
  );
}

function InSmallWindow({ player }: { player: Player }) {
  return (
    <p class="video-small" data-testid="video-small">
      {t("video.isSmall")}
      <button type="button" class="quiet-button" onClick={() => void player.grow()}>
        {t("video.grow")}
      </button>
    </p>
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
function attach(video: HTMLVideoElement, url: string, onSound: () => void, player?: Player): () => void {
  let ended = false;
  let source: Source | null = null;
  const attached = (found: Source) => {
    source = found;
    player?.has(video, source);
  };
  if (playsItself(video)) attached(attachNative(video, url, onSound));
  else {
    void import("./hls").then(({ attachHls }) => {
      if (!ended) attached(attachHls(video, url, onSound));
    });
  }
  return () => {
    ended = true;
    player?.has(null, null);
    source?.detach();
  };
}
