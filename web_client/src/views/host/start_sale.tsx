// Starting a flash sale: the first click opens this, the second starts. Between them, the host sees
// the very card that viewers will see.
import { useState } from "preact/hooks";

import { type Key, t } from "../../i18n";
import { phase } from "../../store/phase";
import type { Sale } from "../../store/state";
import { toastText } from "../../toasts";
import type { ProductView } from "../../wire/types.gen";
import { useRoom } from "../context";
import { CardFace } from "../product_card";
import { Sheet } from "../sheet";

const COUNTDOWNS_S = [0, 10, 30, 60];
const DURATIONS_S = [60, 180, 300, 600];
const COUNTDOWN_DEFAULT_S = 10;
const DURATION_DEFAULT_S = 300;

interface StartProps {
  product: ProductView;
  sale: Sale;
  close: () => void;
}

export function StartSaleSheet({ product, sale, close }: StartProps) {
  const room = useRoom();
  const pinnedId = room.state.value.pinnedProductId;
  const [countdownS, setCountdownS] = useState(COUNTDOWN_DEFAULT_S);
  const [durationS, setDurationS] = useState(DURATION_DEFAULT_S);
  const [alsoPin, setAlsoPin] = useState(pinnedId !== product.product_id);
  const [busy, setBusy] = useState(false);

  const confirm = async () => {
    if (busy) return;
    setBusy(true);
    const answer = await room.ask("start_sale", {
      sale_id: sale.sale_id,
      countdown_s: countdownS,
      duration_s: durationS,
    });
    setBusy(false);
    if (!answer.ok) return;
    toastText(countdownS === 0 ? "toast.open" : "toast.started", "good");
    if (alsoPin) void room.ask("pin", { product_id: product.product_id });
    close();
  };
  return (
    <Sheet title={t("host.start.title")} testid="start-sheet" onClose={close}>
      <Choices name="countdown" label="host.start.countdown" values={COUNTDOWNS_S} value={countdownS} choose={setCountdownS} />
      <Choices name="duration" label="host.start.duration" values={DURATIONS_S} value={durationS} choose={setDurationS} />
      {pinnedId !== product.product_id && (
        <label class="check">
          <input type="checkbox" checked={alsoPin} onChange={(event) => setAlsoPin(event.currentTarget.checked)} />
          {t("host.start.pin")}
        </label>
      )}
      <p class="form-label">{t("host.start.preview")}</p>
      <Preview product={product} sale={sale} countdownS={countdownS} durationS={durationS} />
      <div class="sheet-actions">
        <button type="button" class="text-button" onClick={close}>
          {t("host.cancel")}
        </button>
        <button
          type="button"
          class="main-button"
          data-testid="confirm-start"
          aria-disabled={busy}
          onClick={() => void confirm()}
        >
          {t("host.start.confirm")}
        </button>
      </div>
    </Sheet>
  );
}

interface PreviewProps {
  product: ProductView;
  sale: Sale;
  countdownS: number;
  durationS: number;
}

function Preview({ product, sale, countdownS, durationS }: PreviewProps) {
  const room = useRoom();
  const nowMs = room.nowMs.value;
  const startsAtMs = nowMs + countdownS * 1000;
  const endsAtMs = startsAtMs + durationS * 1000;
  const started = { ...sale, starts_at_ms: startsAtMs, ends_at_ms: endsAtMs };
  const counting = phase(started, nowMs) === "counting";
  const offer = counting
    ? ({ kind: "counting", startsAtMs } as const)
    : ({ kind: "buy", endsAtMs } as const);
  const currency = room.state.value.room?.currency ?? "CNY";
  return (
    <div class="preview" inert data-testid="start-preview">
      <CardFace product={product} sale={started} offer={offer} nowMs={nowMs} currency={currency} />
    </div>
  );
}

interface ChoicesProps {
  name: string;
  label: Key;
  values: readonly number[];
  value: number;
  choose: (value: number) => void;
}

function Choices({ name, label, values, value, choose }: ChoicesProps) {
  return (
    <fieldset class="choices">
      <legend class="form-label">{t(label)}</legend>
      {values.map((seconds) => (
        <label key={seconds} class="choice">
          <input
            type="radio"
            name={name}
            data-testid={`${name}-${seconds}`}
            checked={seconds === value}
            onChange={() => choose(seconds)}
          />
          <span>{durationText(seconds)}</span>
        </label>
      ))}
    </fieldset>
  );
}

function durationText(seconds: number): string {
  if (seconds === 0) return t("unit.now");
  return seconds < 60 ? t("unit.seconds", { count: seconds }) : t("unit.minutes", { count: seconds / 60 });
}
