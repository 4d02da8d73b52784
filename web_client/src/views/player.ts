// The picture as the rest of the page sees it: which moment it shows, how far it is from live, and the
// small window that stays while the viewer pays in another tab.
import { type Signal, signal } from "@preact/signals";

/** What plays in a video element, whichever player feeds it. */
export interface Source {
  /** When the picture on the screen was taken, by the stream's own clock; null if it does not say. */
  pictureMs: () => number | null;
  /** How far behind the newest picture that could be played. */
  fromEdgeMs: () => number;
  toEdge: () => void;
  detach: () => void;
}

export class Player {
  readonly playing: Signal<boolean> = signal(false);
  readonly isSmall: Signal<boolean> = signal(false);
  #video: HTMLVideoElement | null = null;
  #source: Source | null = null;

  /** The element and what plays in it, until they are taken away with nulls. */
  has(video: HTMLVideoElement | null, source: Source | null): void {
    this.#video = video;
    this.#source = source;
  }

  pictureMs(): number | null {
    return this.#source?.pictureMs() ?? null;
  }

  fromEdgeMs(): number {
    return this.#source?.fromEdgeMs() ?? 0;
  }

  toEdge(): void {
    this.#source?.toEdge();
    void this.#video?.play().catch(() => undefined);
  }

  get canBeSmall(): boolean {
    return document.pictureInPictureEnabled && this.playing.value;
  }

  /** Into the small window; only in answer to a press. True if it is there. */
  async shrink(): Promise<boolean> {
    if (this.isSmall.value) return true;
    if (!this.canBeSmall || this.#video === null) return false;
    return this.#video.requestPictureInPicture().then(
      () => true,
      () => false,
    );
  }

  async grow(): Promise<void> {
    if (this.isSmall.value) await document.exitPictureInPicture().catch(() => undefined);
  }
}
