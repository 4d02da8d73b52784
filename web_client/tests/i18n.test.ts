import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { en as viewerEn } from "../src/i18n/en";
import { hostEn } from "../src/i18n/host/en";
import { hostZh } from "../src/i18n/host/zh";
import { lang, t } from "../src/i18n";
import { zh as viewerZh } from "../src/i18n/zh";

const en = { ...viewerEn, ...hostEn };
const zh = { ...viewerZh, ...hostZh };

/** Outcomes that tell of success, or that no client is ever refused with. */
const NOT_REFUSALS = new Set([
  "REPLAYED",
  "HELD",
  "READMITTED",
  "RESTORED",
  "EXTENDED",
  "CANCELLED",
  "EXPIRED",
  "CREATED",
  "STARTED",
  "STOPPED",
  "RESTOCKED",
  "ARCHIVED",
  "PAID",
  "PAID_LATE",
  "REFUND_DUE",
  "SECOND_PAYMENT",
  "WAITING",
  "OFFERED",
  "LEFT",
  "UNSERVED",
  "SALE_PAUSED",
  "SALE_RESUMED",
  "RETURNED",
  "REFUNDED",
  "REPAID",
]);

test("both languages have the same keys", () => {
  expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
});

test("a text names the same values in both languages", () => {
  const values = (text: string) => [...text.matchAll(/\{\w+\}/g)].map((found) => found[0]).sort();
  for (const [key, text] of Object.entries(zh)) {
    expect(values(en[key as keyof typeof zh]), key).toEqual(values(text));
  }
});

test("one of a thing is in the singular", () => {
  lang.value = "en";
  expect(t("like.label", { count: 1 })).toBe("Like, 1 like so far");
  expect(t("like.label", { count: 21 })).toBe("Like, 21 likes so far");
});

test("an expired hold is not said to be on sale again, for the sale may be over", () => {
  expect(en["toast.expired"]).toBe("Time ran out, it is no longer held for you");
  expect(zh["toast.expired"]).not.toContain("放回");
});

test("a host is told the command that gives the link, for this room", () => {
  for (const texts of [en, zh]) {
    expect(texts["gone.host.text"]).toContain("kaibo token --room {room} --role host");
  }
});

test("nothing is left untranslated", () => {
  const same = Object.keys(zh).filter((key) => zh[key as keyof typeof zh] === en[key as keyof typeof zh]);
  expect(same).toEqual(["order.quantity"]);
});

test("every refusal of the server has words", () => {
  const codes = [...namesIn("inventory/codes.py"), ...namesIn("server/wire/codes.py")];
  const refusals = codes.filter((code) => !NOT_REFUSALS.has(code));
  expect(refusals.length).toBeGreaterThan(20);
  expect(refusals.filter((code) => !(`refusal.${code}` in zh))).toEqual([]);
});

/** The members of the string enums in a Python file: `NAME = "NAME"`, however it is wrapped. */
function namesIn(path: string): string[] {
  const source = readFileSync(new URL(`../../${path}`, import.meta.url), "utf-8");
  return [...source.matchAll(/^ {4}([A-Z_]+) = \(?\s*"\1"/gm)].map((found) => found[1] ?? "");
}
