// The server's clock, as seen from here. Every deadline is decided on the server; a countdown that
// ran on the phone's own clock would open the sale early for some and late for others.
//
// Four timestamps per ping, as in NTP. The error of a sample is at most half its round trip, so the
// sample with the shortest one is believed. When a new sample contradicts it by more than both
// errors allow, a clock was changed and everything older is forgotten.

const KEPT_MAX = 8;

export interface Sample {
  sentMs: number; // here
  receivedMs: number; // there
  repliedMs: number; // there
  returnedMs: number; // here
}

export function offsetMs(sample: Sample): number {
  return (sample.receivedMs - sample.sentMs + (sample.repliedMs - sample.returnedMs)) / 2;
}

export function roundTripMs(sample: Sample): number {
  return Math.max(0, sample.returnedMs - sample.sentMs - (sample.repliedMs - sample.receivedMs));
}

export class ServerClock {
  #samples: Sample[] = [];
  #roughOffsetMs = 0;
  readonly #localNow: () => number;

  constructor(localNow: () => number) {
    this.#localNow = localNow;
  }

  /** The welcome's timestamp: off by one trip, and good enough until the first pong. */
  roughly(serverNowMs: number): void {
    this.#samples = [];
    this.#roughOffsetMs = serverNowMs - this.#localNow();
  }

  add(sample: Sample): void {
    const best = this.#best();
    if (best !== undefined && contradicts(sample, best)) this.#samples = [];
    this.#samples = [...this.#samples, sample].slice(-KEPT_MAX);
  }

  nowMs(): number {
    const best = this.#best();
    return Math.round(this.#localNow() + (best === undefined ? this.#roughOffsetMs : offsetMs(best)));
  }

  /** The latest round trip, or null before the first. */
  latencyMs(): number | null {
    const latest = this.#samples.at(-1);
    return latest === undefined ? null : Math.round(roundTripMs(latest));
  }

  #best(): Sample | undefined {
    let best: Sample | undefined;
    for (const sample of this.#samples) {
      if (best === undefined || roundTripMs(sample) <= roundTripMs(best)) best = sample;
    }
    return best;
  }
}

function contradicts(one: Sample, other: Sample): boolean {
  const errorMaxMs = (roundTripMs(one) + roundTripMs(other)) / 2 + 2; // 2: whole milliseconds
  return Math.abs(offsetMs(one) - offsetMs(other)) > errorMaxMs;
}
