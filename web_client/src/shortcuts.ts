// What a key means on the host's page. Pure: no document, so that the list in the help is the list.

export type Shortcut =
  | { act: "next_step" }
  | { act: "pin"; number: number } // from 1, in the order of the list
  | { act: "unpin" }
  | { act: "side"; name: "orders" | "talk" | "people" }
  | { act: "comment" }
  | { act: "help" };

export interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

const KEYS: Readonly<Record<string, Shortcut>> = {
  n: { act: "next_step" },
  "0": { act: "unpin" },
  o: { act: "side", name: "orders" },
  t: { act: "side", name: "talk" },
  p: { act: "side", name: "people" },
  c: { act: "comment" },
  "?": { act: "help" },
};

/** The shortcut, or null for a key that has none, or that belongs to the browser. */
export function shortcutOf(pressed: Pressed): Shortcut | null {
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return null;
  const key = pressed.key.length === 1 ? pressed.key.toLowerCase() : pressed.key;
  if (/^[1-9]$/.test(key)) return { act: "pin", number: Number(key) };
  return Object.hasOwn(KEYS, key) ? (KEYS[key] ?? null) : null;
}
