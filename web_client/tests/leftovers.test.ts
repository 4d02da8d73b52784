// Nothing is kept that nobody needs: every text is said somewhere, every style dresses something.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { hostZh } from "../src/i18n/host/zh";
import { zh } from "../src/i18n/zh";

const ROOT = new URL("../src/", import.meta.url);

/** All of the source in files that end so, outside the dictionaries. */
function source(ending: string): string {
  const names = readdirSync(ROOT, { recursive: true, encoding: "utf-8" });
  return names
    .filter((name) => name.endsWith(ending) && !name.startsWith("i18n/") && !name.endsWith(".gen.ts"))
    .map((name) => readFileSync(new URL(name, ROOT), "utf-8"))
    .join("\n");
}

const CODE = source(".ts") + source(".tsx") + readFileSync(new URL("i18n/index.ts", ROOT), "utf-8");

test("every text is said somewhere", () => {
  // `order.${state}` says all that begin so.
  const families = [...CODE.matchAll(/`([a-z][\w.]*\.)\$\{/g)].map((found) => found[1] ?? "");
  const isSaid = (key: string) => CODE.includes(`"${key}"`) || families.some((family) => key.startsWith(family));
  expect([...Object.keys(zh), ...Object.keys(hostZh)].filter((key) => !isSaid(key))).toEqual([]);
});

test("every style dresses something", () => {
  const css = source(".css").replace(/\/\*.*?\*\//gs, "");
  const selectors = css.replace(/\{[^{}]*\}/g, " ").replace(/[\d.]+(s|px|fr|%)\b/g, "");
  const classes = new Set([...selectors.matchAll(/\.([a-z][\w-]*)/g)].map((found) => found[1] ?? ""));
  const isWorn = (name: string) =>
    new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(CODE) || CODE.includes(`${name.replace(/-\w+$/, "-")}\${`);
  expect(classes.size).toBeGreaterThan(150);
  expect([...classes].filter((name) => !isWorn(name))).toEqual([]);
});
