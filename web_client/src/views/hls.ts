// hls.js, loaded only when a room shows video. A live stream comes and goes with its encoder, so
// every fatal error is followed by another try; the picture is late by about two segments.
import Hls, { type BufferCodecsData, type ErrorData, type HlsConfig } from "hls.js";

import type { Source } from "./player";

const RETRY_MS = 2_000;

const CONFIG: Partial<HlsConfig> = {
  liveSyncDurationCount: 2,
  liveMaxLatencyDurationCount: 6,
  maxLiveSyncPlaybackRate: 1.25,
  backBufferLength: 10,
};

export function attachHls(video: HTMLVideoElement, url: string, onSound: () => void): Source {
  const hls = new Hls(CONFIG);
  let timer = 0;
  const load = () => hls.loadSource(url);
  hls.on(Hls.Events.MANIFEST_PARSED, () => void video.play().catch(() => undefined));
  hls.on(Hls.Events.BUFFER_CODECS, (_event: string, found: BufferCodecsData) => {
    if (found.audio !== undefined || found.audiovideo !== undefined) onSound(); // alone, or muxed
  });
  hls.on(Hls.Events.ERROR, (_event: string, data: ErrorData) => {
    if (!data.fatal) return;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR) {
      hls.recoverMediaError();
      return;
    }
    window.clearTimeout(timer);
    timer = window.setTimeout(load, RETRY_MS);
  });
  hls.attachMedia(video);
  load();
  const fromEdgeS = () => Math.max(0, (hls.liveSyncPosition ?? 0) - video.currentTime);
  return {
    pictureMs: () => hls.playingDate?.getTime() ?? null,
    fromEdgeMs: () => fromEdgeS() * 1000,
    toEdge: () => (video.currentTime += fromEdgeS()),
    detach: () => {
      window.clearTimeout(timer);
      hls.destroy();
    },
  };
}
