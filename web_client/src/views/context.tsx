// What every view on the page may use: the room it belongs to, the player, and the window's size class.
import { signal, useComputed } from "@preact/signals";
import { createContext } from "preact";
import { useContext, useRef } from "preact/hooks";

import type { LiveRoom } from "../room";
import type { RoomState } from "../store/state";
import type { Player } from "./player";

const RoomContext = createContext<LiveRoom | null>(null);
export const RoomProvider = RoomContext.Provider;

const PlayerContext = createContext<Player | null>(null);
export const PlayerProvider = PlayerContext.Provider;

export function useRoom(): LiveRoom {
  const room = useContext(RoomContext);
  if (room === null) throw new Error("no room around this view");
  return room;
}

/** The page's player; null on a page whose picture is only a preview. */
export function usePlayer(): Player | null {
  return useContext(PlayerContext);
}

/**
 * These fields of the room's state. The view is drawn again when one of them is another, and not for
 * every comment that comes in a room where fifty come each second.
 */
export function useFields<K extends keyof RoomState>(...names: K[]): Pick<RoomState, K> {
  const { state } = useRoom();
  const last = useRef(state.value);
  return useComputed(() => {
    const now = state.value;
    if (names.some((name) => now[name] !== last.current[name])) last.current = now;
    return last.current;
  }).value;
}

const query = window.matchMedia("(min-width: 1000px)");

/** True when comments and products stand beside the stage instead of over it. */
export const wide = signal(query.matches);
query.addEventListener("change", () => (wide.value = query.matches));

export function prefersStillness(): boolean {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
