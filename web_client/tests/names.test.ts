import { afterEach, expect, test } from "vitest";

import { lang } from "../src/i18n";
import { shownName } from "../src/names";

afterEach(() => {
  lang.value = "en";
});

test("a guest without a name is called so in the page's language", () => {
  lang.value = "zh";
  expect(shownName("guest 3f2a")).toBe("游客 3f2a");
  lang.value = "en";
  expect(shownName("guest 3f2a")).toBe("guest 3f2a");
});

test("a name that somebody chose is left alone", () => {
  lang.value = "zh";
  for (const name of ["Lin", "guest of honour", "guest 3f2a1", "a guest 3f2a"]) expect(shownName(name)).toBe(name);
});
