// The boxes of a new step, one set for each kind, and the command that they make.
import { money, t } from "../../i18n";
import type { StepOp } from "../../rundown";
import { useRoom } from "../context";
import { Field } from "./field";
import { Select } from "./select";
import { linesOf } from "./words";

export interface StepDraft {
  productId: string;
  saleId: string;
  countdownS: string;
  durationS: string;
  text: string;
  options: string;
}

export const BLANK_STEP: StepDraft = { productId: "", saleId: "", countdownS: "10", durationS: "300", text: "", options: "" };

/** The body of the step's command. A poll takes its id from the step's. */
export function stepBody(op: StepOp, draft: StepDraft, stepId: string): Record<string, unknown> {
  switch (op) {
    case "pin":
      return { product_id: draft.productId === "" ? null : draft.productId };
    case "start_sale":
      return { sale_id: draft.saleId, countdown_s: Number(draft.countdownS), duration_s: Number(draft.durationS) };
    case "open_poll":
      return { poll_id: `poll-${stepId}`, question: draft.text.trim(), options: linesOf(draft.options) };
    default:
      return { text: draft.text.trim() };
  }
}

interface FieldsProps {
  op: StepOp;
  draft: StepDraft;
  change: (changes: Partial<StepDraft>) => void;
}

export function StepFields({ op, draft, change }: FieldsProps) {
  if (op === "pin") return <PinFields draft={draft} change={change} />;
  if (op === "start_sale") return <SaleFields draft={draft} change={change} />;
  return (
    <>
      <Field
        label={op === "open_poll" ? "host.poll.question" : "step.text"}
        testid="step-text"
        value={draft.text}
        onValue={(text) => change({ text })}
      />
      {op === "open_poll" && (
        <label class="field">
          <span class="form-label">{t("host.poll.options")}</span>
          <textarea
            class="field-input"
            data-testid="step-options"
            rows={3}
            required
            value={draft.options}
            onInput={(event) => change({ options: event.currentTarget.value })}
          />
        </label>
      )}
    </>
  );
}

function PinFields({ draft, change }: Omit<FieldsProps, "op">) {
  const { products } = useRoom().state.value;
  const options = [...products.values()].map((product) => ({ value: product.product_id, text: product.title }));
  return (
    <Select
      label="step.product"
      testid="step-product"
      value={draft.productId}
      options={[{ value: "", text: t("step.unpin") }, ...options]}
      onValue={(productId) => change({ productId })}
    />
  );
}

function SaleFields({ draft, change }: Omit<FieldsProps, "op">) {
  const { sales, products, room } = useRoom().state.value;
  const waiting = [...sales.values()].filter((sale) => sale.starts_at_ms === null);
  const options = waiting.map((sale) => ({
    value: sale.sale_id,
    text: `${products.get(sale.product_id)?.title ?? sale.product_id} · ${money(sale.price_cents, room?.currency ?? "CNY")}`,
  }));
  return (
    <>
      <Select
        label="step.sale"
        testid="step-sale"
        value={draft.saleId}
        options={[{ value: "", text: t("step.choose") }, ...options]}
        required
        onValue={(saleId) => change({ saleId })}
      />
      <div class="field-pair">
        <Field label="step.countdown" testid="step-countdown" type="number" min={0} max={300} value={draft.countdownS} onValue={(countdownS) => change({ countdownS })} />
        <Field label="step.duration" testid="step-duration" type="number" min={10} max={86_400} value={draft.durationS} onValue={(durationS) => change({ durationS })} />
      </div>
    </>
  );
}
