// What this page tells the server of what was looked at: which products came into view, and whose
// button was pressed. Each once for as long as the page is open, gathered for some seconds, and only
// while somebody looks at the page.

const FLUSH_MS = { seen: 4_000, clicked: 500 }; // who has pressed may soon be on the way to pay
const SPREAD_MS = { seen: 3_000, clicked: 1_500 }; // so that a thousand pages that saw the same pin do not answer together
const IDS_MAX = 20; // per command, as the protocol allows

export interface Looked {
  seen: string[];
  clicked: string[];
}

/** What telling needs of the page around it. `send` says whether the server has it. */
export interface Teller {
  send: (looked: Looked) => Promise<boolean>;
  isLookedAt: () => boolean;
  chance: () => number; // 0 to 1
}

export class Attention {
  readonly #teller: Teller;
  readonly #told = { seen: new Set<string>(), clicked: new Set<string>() };
  readonly #waiting = { seen: new Set<string>(), clicked: new Set<string>() };
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(teller: Teller) {
    this.#teller = teller;
  }

  note(what: keyof Looked, productId: string): void {
    if (this.#told[what].has(productId)) return;
    this.#told[what].add(productId);
    this.#waiting[what].add(productId);
    if (what === "clicked") this.stop(); // it is told sooner than what waits
    this.#later(what);
  }

  /** The page is being left: what waits is told now or never. */
  leave(): void {
    this.stop();
    if (this.#isWaiting()) void this.#teller.send(this.#next());
  }

  stop(): void {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
  }

  #later(what: keyof Looked): void {
    const delayMs = FLUSH_MS[what] + SPREAD_MS[what] * this.#teller.chance();
    this.#timer ??= setTimeout(() => void this.#flush(), delayMs);
  }

  #isWaiting(): boolean {
    return this.#waiting.seen.size + this.#waiting.clicked.size > 0;
  }

  #next(): Looked {
    return { seen: first(this.#waiting.seen), clicked: first(this.#waiting.clicked) };
  }

  async #flush(): Promise<void> {
    this.#timer = null;
    const looked = this.#next();
    if (this.#teller.isLookedAt() && (await this.#teller.send(looked))) {
      for (const id of looked.seen) this.#waiting.seen.delete(id);
      for (const id of looked.clicked) this.#waiting.clicked.delete(id);
    }
    if (this.#isWaiting()) this.#later("seen");
  }
}

function first(ids: ReadonlySet<string>): string[] {
  return [...ids].slice(0, IDS_MAX);
}
