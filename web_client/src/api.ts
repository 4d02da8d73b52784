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

export interface ProductMinute {
  product_id: string;
  seen: number;
  clicked: number;
  held: number;
  paid: number;
  paid_cents: number;
}

/** What happened in one minute; `minute` counts from 1970. */
export interface Minute {
  minute: number;
  viewers: number;
  comments: number;
  seen: number;
  clicked: number;
  held: number;
  paid: number;
  paid_cents: number;
  refunded_cents: number;
  dropped: number;
  products: ProductMinute[];
}

export interface Mark {
  at_ms: number;
  kind: string;
  product_id: string | null;
  text: string;
}

export interface FiguresReply {
  now_ms: number;
  minutes: Minute[];
  marks: Mark[];
}

/** What happened in the room from a minute on. */
export function getFigures(roomId: string, token: string, since: number): Promise<Answer<FiguresReply>> {
  return ask("GET", `${roomPath(roomId)}/figures?since=${since}`, token);
}

export interface HealthReply {
  ledger_lag_ms: number;
  parked_entries: number;
  differences: number; // between Redis and SQL, when the server last looked
  reconciled_at_ms: number | null;
}

export function getHealth(roomId: string, token: string): Promise<Answer<HealthReply>> {
  return ask("GET", `${roomPath(roomId)}/health`, token);
}

/** Sends a picture; the answer has the address to show it from. */
export function putPicture(roomId: string, token: string, file: Blob): Promise<Answer<{ picture_url: string }>> {
  return ask("POST", `${roomPath(roomId)}/pictures`, token, file);
}

/** The room's orders or comments as a CSV file. */
export async function exported(roomId: string, token: string, what: "orders" | "comments"): Promise<Answer<Blob>> {
  try {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${roomPath(roomId)}/exports/${what}`, { headers });
    if (response.ok) return { ok: true, body: await response.blob() };
    return { ok: false, error: problem(await response.json()) };
  } catch {
    return refused(NO_ANSWER);
  }
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
  const isFile = body instanceof Blob;
  if (body !== undefined) headers.set("content-type", isFile ? body.type : "application/json");
  const init: RequestInit = { method, headers, signal: AbortSignal.timeout(TIMEOUT_MS) };
  if (body !== undefined) init.body = isFile ? body : JSON.stringify(body);
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
