import { expect, test } from "vitest";

import { lang } from "../../src/i18n";
import type { Offer } from "../../src/store/offer";
import { buttonText, statusText } from "../../src/views/offer_words";
import { aHold, aSale } from "../examples";

const SALE = { ...aSale({ available: 0, sold: 10 }), termsVersion: 1 };
const OFFERS: Offer[] = [
  { kind: "scheduled" },
  { kind: "counting", startsAtMs: 9_000 },
  { kind: "buy", endsAtMs: null },
  { kind: "buying" },
  { kind: "held", hold: aHold(), untilMs: 9_000 },
  { kind: "paid", hold: aHold({ state: "paid" }) },
  { kind: "limit" },
  { kind: "sold_out" },
  { kind: "joining" },
  { kind: "waiting", hold: aHold({ state: "waiting" }) },
  { kind: "paused" },
  { kind: "ended" },
];

for (const language of ["en", "zh"] as const) {
  test.each(OFFERS)(`the button and the line beside it do not say the same (${language}): $kind`, (offer) => {
    lang.value = language;
    expect(statusText(offer, SALE)).not.toBe(buttonText(offer, 0, "CNY"));
  });
}
