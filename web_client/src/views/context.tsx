// The room that everything on the page belongs to, and the size class of the window.
import { signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";

import type { LiveRoom } from "../room";

const RoomContext = createContext<LiveRoom | null>(null);
export const RoomProvider = RoomContext.Provider;

export function useRoom(): LiveRoom {
  const room = useContext(RoomContext);
  if (room === null) throw new Error("no room around this view");
  return room;
}

const query = window.matchMedia("(min-width: 1000px)");

/** True when comments and products stand beside the stage instead of over it. */
export const wide = signal(query.matches);
query.addEventListener("change", () => (wide.value = query.matches));

export function prefersStillness(): boolean {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
