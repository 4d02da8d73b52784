// The right column: one of three, orders as they come, talking to the room, people and rules.
import { type Signal, useSignal } from "@preact/signals";

import { type Key, t } from "../../i18n";
import { HostOrders } from "./orders";
import { HostPeople } from "./people";
import { HostTalk } from "./talk";

export type SideName = "orders" | "talk" | "people";

export const SIDES: readonly { name: SideName; label: Key }[] = [
  { name: "orders", label: "host.orders" },
  { name: "talk", label: "host.talk" },
  { name: "people", label: "host.people" },
];

export function useSide(): Signal<SideName> {
  return useSignal<SideName>("orders");
}

export function HostSide({ side }: { side: Signal<SideName> }) {
  return (
    <section class="host-column host-side">
      <div class="tabs" role="group" aria-label={t("host.side")}>
        {SIDES.map(({ name, label }) => (
          <button
            key={name}
            type="button"
            class="tab"
            data-testid={`side-${name}`}
            aria-pressed={side.value === name}
            onClick={() => (side.value = name)}
          >
            {t(label)}
          </button>
        ))}
      </div>
      {side.value === "orders" && <HostOrders />}
      {side.value === "talk" && <HostTalk />}
      {side.value === "people" && <HostPeople />}
    </section>
  );
}
