// Which language is shown, and how texts, money and times are written in it. Reading `lang` inside a
// component makes it follow a switch. The browser's language is the default; a switch is remembered.
import { effect, signal } from "@preact/signals";

import { en } from "./en";
import type { HostTexts, Key } from "./keys";
import { momentText } from "../moment";
import { zh } from "./zh";

export type { Key } from "./keys";
export type Lang = "zh" | "en";

const TEXTS: Record<Lang, Partial<Record<Key, string>>> = { zh: { ...zh }, en: { ...en } };
const LOCALES: Record<Lang, string> = { zh: "zh-CN", en: "en" };
const STORED = "kaibo.lang";
const BLANKS = /\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g;

export const lang = signal<Lang>(initialLang());

/** Adds what only the host's pages say; they bring it when they are opened. */
export function alsoSay(texts: Record<Lang, HostTexts>): void {
  Object.assign(TEXTS.zh, texts.zh);
  Object.assign(TEXTS.en, texts.en);
}

/** Keeps the document's own language in step, for screen readers and for fonts. */
export function followLanguage(): void {
  effect(() => {
    document.documentElement.lang = LOCALES[lang.value];
  });
}

export function switchLanguage(): void {
  lang.value = lang.value === "zh" ? "en" : "zh";
  localStorage.setItem(STORED, lang.value);
}

/** `{name}` is a value; `{name|one|many}` is a word that agrees with it in number. */
export function t(key: Key, values: Readonly<Record<string, string | number>> = {}): string {
  return (TEXTS[lang.value][key] ?? key).replace(BLANKS, (whole, name: string, one?: string, many?: string) => {
    const value = String(values[name] ?? whole);
    return one === undefined || many === undefined ? value : value === "1" ? one : many;
  });
}

/** The words for a refusal's code; a code from a newer server gets the general ones. */
export function refusalKey(code: string): Key {
  const key = `refusal.${code}`;
  return key in zh ? (key as Key) : "refusal.other";
}

/** ¥129 or ¥129.50: the cents only when there are any. */
export function money(cents: number, currency: string): string {
  return new Intl.NumberFormat(LOCALES[lang.value], {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: cents % 100 === 0 ? 0 : 2,
  }).format(cents / 100);
}

export function count(value: number): string {
  const options = { notation: value >= 10_000 ? "compact" : "standard", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(LOCALES[lang.value], options).format(value);
}

/** When something was: the time of day, with the date unless that is today's. */
export function when(momentMs: number): string {
  return momentText(momentMs, Date.now(), LOCALES[lang.value]);
}

function initialLang(): Lang {
  const stored = globalThis.localStorage.getItem(STORED);
  if (stored === "zh" || stored === "en") return stored;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}
