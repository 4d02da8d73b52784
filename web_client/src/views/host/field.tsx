// One labelled box of a form.
import type { TargetedInputEvent } from "preact";

import { type Key, t } from "../../i18n";

interface FieldProps {
  label: Key;
  testid: string;
  value: string;
  onValue: (value: string) => void;
  type?: "text" | "number";
  min?: number;
  max?: number;
  step?: string;
  required?: boolean;
}

export function Field({ label, testid, value, onValue, type = "text", required = true, ...limits }: FieldProps) {
  const input = {
    class: "field-input",
    "data-testid": testid,
    value,
    required,
    onInput: (event: TargetedInputEvent<HTMLInputElement>) => onValue(event.currentTarget.value),
  };
  return (
    <label class="field">
      <span class="form-label">{t(label)}</span>
      {type === "number" ? <input type="number" {...input} {...limits} /> : <input type="text" {...input} />}
    </label>
  );
}
