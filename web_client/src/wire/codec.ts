// One WebSocket frame is one message: a msgpack array whose first item says what it is.
// The server validates what we send; here we only check that what arrives has a known shape, so
// that a newer server's unknown events are dropped instead of breaking the page.
import { decode, encode } from "@msgpack/msgpack";

import type { CommandMessage, ServerMessage } from "./types.gen";

const KINDS = new Set<unknown>(["welcome", "reply", "error", "event"]);

export function encodeCommand(message: CommandMessage): Uint8Array<ArrayBuffer> {
  return encode(message, { ignoreUndefined: true });
}

/** The message in a frame, or null when it is none that we know. */
export function decodeMessage(frame: ArrayBuffer | Uint8Array): ServerMessage | null {
  const message = decodeOrNull(frame);
  if (!Array.isArray(message) || !KINDS.has(message[0])) return null;
  if (message[0] === "event" && !isObject(message[4])) return null;
  if (message[0] === "welcome" && !isObject(message[1])) return null;
  if ((message[0] === "reply" || message[0] === "error") && !isObject(message[2])) return null;
  return message as unknown as ServerMessage;
}

function decodeOrNull(frame: ArrayBuffer | Uint8Array): unknown {
  try {
    return decode(frame);
  } catch {
    return null;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
