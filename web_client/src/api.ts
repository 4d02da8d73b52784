// The few things asked over HTTP: what exists before there is a connection, and lists for the host.
import { type Answer, NO_ANSWER, refused } from "./answer";
import type { ErrorBody, HoldView, RoomView } from "./wire/types.gen";

const TIMEOUT_MS = 10_000;

export interface TokenReply {
  token: string;
  user_id: string;
  name: string;
  role: string;
  expires_at_ms: number;
}

/** The newest orders of the room; the totals are of all there are, however many pages that is. */
export interface OrdersReply {
  orders: HoldView[];
  paid_count: number;
  paid_cents: number;
}

export function listRooms(): Promise<Answer<{ rooms: RoomView[] }>> {
  return ask("GET", "/v1/rooms");
}

/** A guest's token; with `token`, the same guest again for longer. */
export function guestToken(roomId: string, token?: string): Promise<Answer<TokenReply>> {
  return ask("POST", `${roomPath(roomId)}/tokens`, token, {});
}

export function listOrders(roomId: string, token: string): Promise<Answer<OrdersReply>> {
  return ask("GET", `${roomPath(roomId)}/orders?all=true`, token);
}

export function liveUrl(roomId: string): string {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}${roomPath(roomId)}/live`;
}

function roomPath(roomId: string): string {
  return `/v1/rooms/${encodeURIComponent(roomId)}`;
}

async function ask<Body>(method: string, path: string, token?: string, body?: object): Promise<Answer<Body>> {
  const headers = new Headers({ accept: "application/json" });
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  if (body !== undefined) headers.set("content-type", "application/json");
  const init: RequestInit = { method, headers, signal: AbortSignal.timeout(TIMEOUT_MS) };
  if (body !== undefined) init.body = JSON.stringify(body);
  try {
    const response = await fetch(path, init);
    const answer: unknown = await response.json();
    return response.ok ? { ok: true, body: answer as Body } : { ok: false, error: problem(answer) };
  } catch {
    return refused(NO_ANSWER);
  }
}

/** The error inside a problem+json document; a proxy's own page has none. */
function problem(answer: unknown): ErrorBody {
  const { code, detail } = (answer ?? {}) as { code?: unknown; detail?: unknown };
  if (typeof code !== "string") return { code: "INTERNAL", message: "" };
  return { code, message: typeof detail === "string" ? detail : code };
}
