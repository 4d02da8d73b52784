// Short messages that pass: what happened to something you did. A screen reader hears them.
// Texts are kept as keys, so that switching the language switches what is on screen.
import { signal } from "@preact/signals";

import { type Key, refusalKey } from "./i18n";
import type { ErrorBody } from "./wire/types.gen";

const SHOWN_MS = 4_500;
const SHOWN_MAX = 3;

export type Tone = "good" | "plain" | "bad";

export interface Toast {
  id: number;
  key: Key;
  tone: Tone;
}

export const toasts = signal<readonly Toast[]>([]);
let nextToastId = 1;

export function toastText(key: Key, tone: Tone): void {
  const toast = { id: nextToastId++, key, tone };
  const others = toasts.value.filter((shown) => shown.key !== key);
  toasts.value = [...others, toast].slice(-SHOWN_MAX);
  setTimeout(() => dismiss(toast.id), SHOWN_MS);
}

/** What the server refused, in plain words. */
export function toastRefusal(error: ErrorBody): void {
  toastText(refusalKey(error.code), "bad");
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}
