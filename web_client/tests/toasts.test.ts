import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { toastRefusal, toasts } from "../src/toasts";

beforeEach(() => {
  vi.useFakeTimers();
  toasts.value = [];
});
afterEach(() => vi.useRealTimers());

function refusal(code: string, field: string | null) {
  toastRefusal({ code, message: "", field });
  const [{ key, field: label } = { key: null, field: null }] = toasts.value;
  return { key, label };
}

test("a refused field is named by its label", () => {
  const key = "refusal.BAD_FIELD.named";
  expect(refusal("BAD_FIELD", "$.hold_duration_s")).toEqual({ key, label: "host.form.hold" });
});

test("a field that no form has is not named", () => {
  const key = "refusal.BAD_FIELD";
  expect(refusal("BAD_FIELD", "$.lines[0].quantity")).toEqual({ key, label: null });
});

test("other refusals keep their own words, whatever field they are about", () => {
  const key = "refusal.KEY_REUSED";
  expect(refusal("KEY_REUSED", "$.units")).toEqual({ key, label: null });
});

test("a toast goes by itself", () => {
  refusal("SOLD_OUT", null);
  vi.advanceTimersByTime(5_000);
  expect(toasts.value).toEqual([]);
});
