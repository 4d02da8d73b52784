import { expect, test } from "vitest";

import { newId, uuid7, uuid7TimeMs } from "../src/ids";

// As server/wire/fields.py demands.
const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("the layout is RFC 9562's own example", () => {
  const random = Uint8Array.from([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
  expect(uuid7(0x017f22e279b0, random)).toBe("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
});

test("every random value gives a valid id that carries its time", () => {
  for (const fill of [0x00, 0x55, 0xaa, 0xff]) {
    const id = uuid7(1_795_000_000_123, new Uint8Array(10).fill(fill));
    expect(id).toMatch(UUID7);
    expect(uuid7TimeMs(id)).toBe(1_795_000_000_123);
  }
});

test("two ids of one moment differ", () => {
  expect(newId(1_795_000_000_123)).not.toBe(newId(1_795_000_000_123));
});
