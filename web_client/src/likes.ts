// Likes are pressed many times a second and sent a few times a second, in one number.

const FLUSH_MS = 500;
const COUNT_MAX = 50; // per command, as the protocol allows

export class LikeBatch {
  readonly #send: (count: number) => void;
  #count = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(send: (count: number) => void) {
    this.#send = send;
  }

  add(): void {
    this.#count += 1;
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  #flush(): void {
    this.#timer = null;
    const count = Math.min(this.#count, COUNT_MAX);
    this.#count = 0;
    if (count > 0) this.#send(count);
  }
}
