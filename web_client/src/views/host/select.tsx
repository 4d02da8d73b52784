// One labelled choice among several, as the browser draws it.
import { type Key, t } from "../../i18n";

interface SelectProps {
  label: Key;
  testid: string;
  value: string;
  options: readonly { value: string; text: string }[];
  required?: boolean;
  onValue: (value: string) => void;
}

export function Select({ label, testid, value, options, required = false, onValue }: SelectProps) {
  return (
    <label class="field">
      <span class="form-label">{t(label)}</span>
      <select
        class="field-input"
        data-testid={testid}
        value={value}
        required={required}
        onChange={(event) => onValue(event.currentTarget.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </label>
  );
}
