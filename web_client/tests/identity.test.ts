import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { guest, newGuest } from "../src/identity";
import { memoryStorage } from "./storage";

const NOW_MS = 1_795_000_000_000;
const HOUR_MS = 3_600_000;
const KEY = "kaibo.guest.r";

interface Request {
  token: string | null;
}

/** The server, as far as it gives tokens: `answers` in turn, and what it was asked. */
function server(...answers: (Response | Error)[]): Request[] {
  const asked: Request[] = [];
  vi.stubGlobal("fetch", (_path: string, init: RequestInit) => {
    asked.push({ token: new Headers(init.headers).get("authorization") });
    const answer = answers.shift() ?? new Error("nobody expected this request");
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
  return asked;
}

function token(name: string): Response {
  return Response.json({ token: name, expires_at_ms: NOW_MS + 168 * HOUR_MS }, { status: 201 });
}

function problem(status: number, code: string): Response {
  return Response.json({ code, detail: "" }, { status });
}

function kept(endsInMs: number): void {
  localStorage.setItem(KEY, JSON.stringify({ token: "old", expires_at_ms: NOW_MS + endsInMs }));
}

beforeEach(() => vi.stubGlobal("localStorage", memoryStorage()));
afterEach(() => vi.unstubAllGlobals());

test("a token that lasts is used as it is", async () => {
  kept(48 * HOUR_MS);
  const asked = server();
  expect(await guest("r", NOW_MS)).toEqual({ ok: true, body: "old" });
  expect(asked).toEqual([]);
});

test("a token that ends soon is renewed for the same guest", async () => {
  kept(2 * HOUR_MS);
  const asked = server(token("renewed"));
  expect(await guest("r", NOW_MS)).toEqual({ ok: true, body: "renewed" });
  expect(asked).toEqual([{ token: "Bearer old" }]);
});

test.each([
  ["the network is away", new TypeError("fetch failed")],
  ["the store is away", problem(503, "UNAVAILABLE")],
  ["the server failed", problem(500, "INTERNAL")],
  ["it was too often", problem(429, "RATE_LIMITED")],
  ["a proxy answered", new Response("<h1>Bad gateway</h1>", { status: 502 })],
])("the guest stays who they are when %s", async (_why, answer) => {
  kept(2 * HOUR_MS);
  const asked = server(answer, token("somebody else"));
  expect(await guest("r", NOW_MS)).toEqual({ ok: true, body: "old" });
  expect(asked).toHaveLength(1);
  expect(localStorage.getItem(KEY)).toContain("old");
});

test("a token that the server calls bad is given up for a new guest", async () => {
  kept(2 * HOUR_MS);
  const asked = server(problem(401, "BAD_TOKEN"), token("new"));
  expect(await guest("r", NOW_MS)).toEqual({ ok: true, body: "new" });
  expect(asked).toEqual([{ token: "Bearer old" }, { token: null }]);
});

test("a new guest that cannot be had leaves what is kept", async () => {
  kept(2 * HOUR_MS);
  server(problem(503, "UNAVAILABLE"));
  expect((await newGuest("r")).ok).toBe(false);
  expect(localStorage.getItem(KEY)).toContain("old");
});

test("without a token, a failure is told", async () => {
  server(new TypeError("fetch failed"));
  expect((await guest("r", NOW_MS)).ok).toBe(false);
});
