// From an address to a live room: get a token, then connect. What can go wrong before there is a
// room is a value that the page shows instead of one.
import { NO_ANSWER } from "./answer";
import { guest, hostToken, newGuest } from "./identity";
import { LiveRoom } from "./room";

export type Why = "room" | "token" | "host" | "failed" | "banned";
export type Entry = { room: LiveRoom } | { why: Why };

export async function enterAsGuest(roomId: string): Promise<Entry> {
  const token = await guest(roomId, Date.now());
  if (!token.ok) return { why: whyOf(token.error.code) };
  const renew = async () => {
    const fresh = await newGuest(roomId);
    return fresh.ok ? fresh.body : null;
  };
  return { room: new LiveRoom(roomId, token.body, renew) };
}

/** A host's token cannot be renewed from here: the command line gives it out. */
export function enterAsHost(roomId: string): Entry {
  const token = hostToken(roomId);
  if (token === null) return { why: "host" };
  return { room: new LiveRoom(roomId, token, () => Promise.resolve(null)) };
}

function whyOf(code: string): Why {
  if (code === "UNKNOWN_ROOM" || code === "NOT_FOUND") return "room";
  return code === NO_ANSWER || code === "UNAVAILABLE" || code === "INTERNAL" ? "failed" : "token";
}
