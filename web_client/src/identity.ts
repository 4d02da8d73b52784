// Who this browser is in a room. A guest's token is kept per room so that yesterday's orders are
// still yours today; a host's token arrives in the address's fragment (which no server log sees),
// is taken out of the address bar at once and lives only as long as the tab.
import { type Answer } from "./answer";
import { guestToken, type TokenReply } from "./api";

const RENEW_BEFORE_MS = 24 * 3600 * 1000;

interface Kept {
  token: string;
  expires_at_ms: number;
}

/**
 * The room's kept guest token, renewed when it ends within a day, or a new one. A new one is another
 * guest, without this one's orders: only a token that the server says is bad is given up for it.
 */
export async function guest(roomId: string, nowMs: number): Promise<Answer<string>> {
  const kept = read(roomId);
  if (kept !== null && kept.expires_at_ms - nowMs > RENEW_BEFORE_MS) return { ok: true, body: kept.token };
  if (kept === null) return newGuest(roomId);
  const renewed = await guestToken(roomId, kept.token);
  if (renewed.ok) return keep(roomId, renewed);
  return renewed.error.code === "BAD_TOKEN" ? newGuest(roomId) : { ok: true, body: kept.token };
}

/** A new guest, where there was none or its token was refused. */
export async function newGuest(roomId: string): Promise<Answer<string>> {
  return keep(roomId, await guestToken(roomId));
}

/** The host's token for this tab, or null when the page was opened without one. */
export function hostToken(roomId: string): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given !== null) {
    sessionStorage.setItem(hostKey(roomId), given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(hostKey(roomId));
}

function keep(roomId: string, answer: Answer<TokenReply>): Answer<string> {
  if (!answer.ok) return answer;
  const { token, expires_at_ms } = answer.body;
  localStorage.setItem(guestKey(roomId), JSON.stringify({ token, expires_at_ms }));
  return { ok: true, body: token };
}

function read(roomId: string): Kept | null {
  try {
    const kept = JSON.parse(localStorage.getItem(guestKey(roomId)) ?? "null") as Partial<Kept> | null;
    if (typeof kept?.token !== "string" || typeof kept.expires_at_ms !== "number") return null;
    return { token: kept.token, expires_at_ms: kept.expires_at_ms };
  } catch {
    return null;
  }
}

const guestKey = (roomId: string) => `kaibo.guest.${roomId}`;
const hostKey = (roomId: string) => `kaibo.host.${roomId}`;
