// Which sheet is open over the viewer page, if any.
import { signal } from "@preact/signals";

export type Panel = "bag" | "orders" | "questions" | "share";

export const panel = signal<Panel | null>(null);

export function openPanel(which: Panel): void {
  panel.value = which;
}

export function closePanel(): void {
  panel.value = null;
}
