// Small things that several views show: a picture, a price, the language switch, a state badge.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

import { lang, money, switchLanguage, t } from "../i18n";
import { Icon, Mark } from "./icons";

const PICTURE_RETRY_MS = 5_000;

/** A product's picture; without one, or while it does not load, a quiet placeholder. */
export function Picture({ url, title }: { url: string | null; title: string }) {
  const [brokenUrl, setBrokenUrl] = useState<string | null>(null);
  useEffect(() => {
    if (brokenUrl === null) return undefined;
    const timer = window.setTimeout(() => setBrokenUrl(null), PICTURE_RETRY_MS);
    return () => window.clearTimeout(timer);
  }, [brokenUrl]);
  if (url === null || url === brokenUrl) {
    return (
      <span class="picture picture-none" aria-hidden="true">
        <Icon name="box" />
      </span>
    );
  }
  return <img class="picture" src={url} alt={title} draggable={false} onError={() => setBrokenUrl(url)} />;
}

interface PriceProps {
  cents: number;
  listCents: number;
  currency: string;
  testid: string;
}

/** The price asked; the list price struck through when it is higher. */
export function Price({ cents, listCents, currency, testid }: PriceProps) {
  return (
    <span class="prices">
      <strong class="price" data-testid={testid}>
        {money(cents, currency)}
      </strong>
      {listCents > cents && (
        <s class="list-price" aria-label={t("card.listPrice", { price: money(listCents, currency) })}>
          {money(listCents, currency)}
        </s>
      )}
    </span>
  );
}

export function LangSwitch() {
  return (
    <button
      type="button"
      class="quiet-button"
      data-testid="lang-switch"
      aria-label={t("lang.switch.label")}
      lang={lang.value === "zh" ? "en" : "zh"}
      onClick={switchLanguage}
    >
      {t("lang.switch")}
    </button>
  );
}

export function Brand() {
  return (
    <a class="brand" href="/">
      <Mark />
      <span>{t("app.name")}</span>
    </a>
  );
}

export function Badge({ state, children }: { state: string; children: ComponentChildren }) {
  return (
    <span class="badge" data-state={state}>
      {children}
    </span>
  );
}

/** The name of a button that carries a number: what is seen must be said. */
export function withCount(name: string, number: number): string {
  return number > 0 ? `${name}, ${number}` : name;
}
