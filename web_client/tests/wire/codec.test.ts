import { decode, encode } from "@msgpack/msgpack";
import { expect, test } from "vitest";

import { decodeMessage, encodeCommand } from "../../src/wire/codec";

test("a command is an array of op, id and body", () => {
  const bytes = encodeCommand(["like", 7, { count: 3 }]);
  expect(decode(bytes)).toEqual(["like", 7, { count: 3 }]);
});

test("a time in milliseconds stays an integer of msgpack, as the server demands", () => {
  const bytes = encodeCommand(["ping", 1, { sent_at_ms: 1_795_000_000_123 }]);
  expect([...bytes]).toContain(0xcf); // uint 64; 0xcb would be a float
  expect(decode(bytes)).toEqual(["ping", 1, { sent_at_ms: 1_795_000_000_123 }]);
});

test("a field that is undefined is left out, not sent as null", () => {
  const body = { title: "t", video_url: undefined } as unknown as { title: string };
  expect(decode(encodeCommand(["put_room", 1, body]))).toEqual(["put_room", 1, { title: "t" }]);
});

test.each([
  [["welcome", { now_ms: 1 }]],
  [["reply", 3, {}]],
  [["error", null, { code: "BAD_MESSAGE", message: "m" }]],
  [["event", "likes", null, 5, { delta: 1, total: 2 }]],
])("%j is understood", (message) => {
  expect(decodeMessage(encode(message))).toEqual(message);
});

test.each([
  ["an unknown kind", encode(["surprise", 1])],
  ["no array", encode({ welcome: true })],
  ["an event without a body", encode(["event", "likes", null, 5])],
  ["a reply whose body is a list", encode(["reply", 1, []])],
  ["bytes that are not msgpack", new Uint8Array([0xc1])],
  ["nothing at all", new Uint8Array()],
])("%s is dropped", (_name, bytes) => {
  expect(decodeMessage(bytes)).toBeNull();
});
