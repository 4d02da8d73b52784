// Short messages that pass: what happened to something you did. A screen reader hears them.
// Texts are kept as keys, so that switching the language switches what is on screen.
import { signal } from "@preact/signals";

import { fieldLabel } from "./fields";
import { type Key, refusalKey } from "./i18n";
import type { ErrorBody } from "./wire/types.gen";

const SHOWN_MS = 4_500;
const UNDO_SHOWN_MS = 9_000;
const SHOWN_MAX = 3;

export type Tone = "good" | "plain" | "bad";

export interface Toast {
  id: number;
  key: Key;
  tone: Tone;
  field: Key | null; // the label of the field that the text names
  undo: (() => void) | null; // takes it back, where the world allows it
}

export const toasts = signal<readonly Toast[]>([]);
let nextToastId = 1;

export function toastText(key: Key, tone: Tone, field: Key | null = null): void {
  show({ id: nextToastId++, key, tone, field, undo: null }, SHOWN_MS);
}

/** Says what was done, with a button that takes it back. */
export function toastUndo(key: Key, undo: () => void): void {
  show({ id: nextToastId++, key, tone: "plain", field: null, undo }, UNDO_SHOWN_MS);
}

function show(toast: Toast, shownMs: number): void {
  const others = toasts.value.filter((shown) => shown.key !== toast.key);
  toasts.value = [...others, toast].slice(-SHOWN_MAX);
  setTimeout(() => dismiss(toast.id), shownMs);
}

/** What the server refused, in plain words; a field by the label it has on this page. */
export function toastRefusal(error: ErrorBody): void {
  const field = error.code === "BAD_FIELD" ? fieldLabel(error.field) : null;
  toastText(field === null ? refusalKey(error.code) : "refusal.BAD_FIELD.named", "bad", field);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}
