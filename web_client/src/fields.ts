// The fields of commands as the forms call them, so that a refused one is named as it is labelled.
// If you change a label in a form, change it here.
import type { Key } from "./i18n";

const LABELS: Readonly<Record<string, Key>> = {
  title: "host.form.title",
  list_price_cents: "host.form.listPrice",
  picture_url: "host.form.picture",
  price_cents: "host.form.price",
  total_units: "host.form.units",
  per_buyer_max: "host.form.perBuyer",
  hold_duration_s: "host.form.hold",
  units: "host.restock.field",
  countdown_s: "host.start.countdown",
  duration_s: "host.start.duration",
  text: "comments.field",
  question: "host.poll.question",
  options: "host.poll.options",
};

/** The label of the field at a path like `$.lines[0].quantity` or `$.options[1]`, or null for one of
 * no form. */
export function fieldLabel(path: string | null | undefined): Key | null {
  return LABELS[path?.replace(/\[\d+\]$/, "").split(".").at(-1) ?? ""] ?? null;
}
