// Reservations and orders as they come. The list is asked for again shortly after stock moved:
// many purchases in one moment are one question. The sum is the server's, of all orders there are.
import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";

import { mayRetry } from "../../answer";
import { listOrders, type OrdersReply } from "../../api";
import { clockText } from "../../duration";
import { money, t, when } from "../../i18n";
import type { HoldView } from "../../wire/types.gen";
import { useRoom } from "../context";
import { shortId } from "../orders";
import { Icon } from "../icons";
import { Badge } from "../parts";
import { useDesk } from "./context";
import { RefundSheet } from "./refund";
import { saveFile } from "./save_file";

type Filter = "all" | "held" | "paid" | "waiting";
const FILTERS: readonly Filter[] = ["all", "held", "paid", "waiting"];
const GATHER_MS = 400;
const RETRY_MS = 3_000;
const LOOK_AGAIN_MS = 1_000;
const LOOKS_MAX = 10; // an order too old for the engine stays paid; its refund tells

export function HostOrders() {
  const { listed, failed, refunded } = useOrders();
  const [refunding, setRefunding] = useState<HoldView | null>(null);
  const { orders, paid_count, paid_cents } = listed;
  const [filter, setFilter] = useState<Filter>("all");
  const currency = useRoom().state.value.room?.currency ?? "CNY";
  const shown = orders.filter((order) => filter === "all" || order.state === filter);
  return (
    <div class="side-list" data-testid="host-orders">
      <header class="column-header">
        <strong class="orders-sum" data-testid="host-orders-sum">
          {t("host.orders.sum", { count: paid_count, amount: money(paid_cents, currency) })}
        </strong>
        <Exports />
      </header>
      <div class="filters" role="group" aria-label={t("host.orders.filter")}>
        {FILTERS.map((one) => (
          <button
            key={one}
            type="button"
            class="side-button"
            data-testid={`filter-${one}`}
            aria-pressed={filter === one}
            onClick={() => setFilter(one)}
          >
            {t(one === "all" ? "host.orders.all" : `order.${one}`)}
          </button>
        ))}
      </div>
      {failed && <p class="empty">{t("host.orders.failed")}</p>}
      <ul class="column-scroll" tabIndex={0} aria-label={t("host.orders")}>
        {shown.length === 0 && !failed && <li class="empty">{t("host.orders.empty")}</li>}
        {shown.map((order) => (
          <OrderRow key={order.reservation_id} order={order} currency={currency} refund={setRefunding} />
        ))}
      </ul>
      {refunding !== null && (
        <RefundSheet order={refunding} currency={currency} close={() => setRefunding(null)} refunded={refunded} />
      )}
    </div>
  );
}

function Exports() {
  const desk = useDesk();
  const save = async (what: "orders" | "comments") => {
    const file = await desk.exported(what);
    if (file !== null) saveFile(file, `${what}-${desk.room.roomId}.csv`);
  };
  return (
    <span class="exports">
      <button type="button" class="link-button" data-testid="export-orders" onClick={() => void save("orders")}>
        <Icon name="download" /> {t("host.export.orders")}
      </button>
      <button type="button" class="link-button" data-testid="export-comments" onClick={() => void save("comments")}>
        <Icon name="download" /> {t("host.export.comments")}
      </button>
    </span>
  );
}

interface RowProps {
  order: HoldView;
  currency: string;
  refund: (order: HoldView) => void;
}

function OrderRow({ order, currency, refund }: RowProps) {
  const { products } = useRoom().state.value;
  const things = order.lines.map(
    (line) => `${line.quantity} × ${products.get(line.product_id)?.title ?? line.product_id}`,
  );
  return (
    <li class="host-order" data-testid={`host-order-${order.reservation_id}`} data-state={order.state}>
      <span class="host-order-things">{things.join(", ")}</span>
      <strong>{money(order.amount_cents, currency)}</strong>
      <span class="host-order-line">
        <time>{when(order.created_at_ms)}</time> {shortId(order.reservation_id)}
        {order.state === "paid" && (
          <button type="button" class="link-button" data-testid={`refund-${order.reservation_id}`} onClick={() => refund(order)}>
            {t("host.refund")}
          </button>
        )}
      </span>
      <Badge state={order.state}>
        {t(`order.${order.state}`)}
        {order.state === "held" && <HoldClock deadlineMs={order.deadline_ms} />}
      </Badge>
    </li>
  );
}

function HoldClock({ deadlineMs }: { deadlineMs: number }) {
  const leftMs = deadlineMs - useRoom().nowMs.value;
  return leftMs > 0 ? <span role="timer"> {clockText(leftMs)}</span> : null;
}

const NOTHING: OrdersReply = { orders: [], paid_count: 0, paid_cents: 0 };

/** `refunded`: an order is about to change without any stock moving, so it is looked for. */
interface Orders {
  listed: OrdersReply;
  failed: boolean;
  refunded: (order: HoldView) => void;
}

function useOrders(): Orders {
  const room = useRoom();
  const awaited = useRef({ id: "", looks: 0 }).current;
  const listed = useSignal(NOTHING);
  const failed = useSignal(false);
  // Changes whenever any stock moved or a connection came back; null while there is none.
  const moved = useComputed(() => {
    const { connection, sales } = room.state.value;
    if (connection.kind !== "open") return null;
    return [...sales.values()].map((sale) => `${sale.sale_id}:${sale.version}`).join(" ");
  });
  const [later] = useState(() => gathered(async () => {
    const answer = await listOrders(room.roomId, room.token);
    failed.value = !answer.ok;
    if (answer.ok) {
      listed.value = answer.body;
      const isPaidStill = answer.body.orders.some((one) => one.reservation_id === awaited.id && one.state === "paid");
      if (isPaidStill && awaited.looks++ < LOOKS_MAX) later.in(LOOK_AGAIN_MS);
    } else if (mayRetry(answer.error) && moved.peek() !== null) later.in(RETRY_MS);
  }));
  useSignalEffect(() => {
    if (moved.value !== null) later.in(GATHER_MS);
  });
  useEffect(() => () => later.stop(), []);
  const refunded = (order: HoldView) => {
    Object.assign(awaited, { id: order.reservation_id, looks: 0 });
    later.in(GATHER_MS);
  };
  return { listed: listed.value, failed: failed.value, refunded };
}

/** Runs `act` once for all the times it is asked for within a delay; after `stop`, never again. */
function gathered(act: () => Promise<void>): { in: (delayMs: number) => void; stop: () => void } {
  let timer: number | null = null;
  let stopped = false;
  return {
    in: (delayMs) => {
      if (stopped) return;
      timer ??= window.setTimeout(() => {
        timer = null;
        void act();
      }, delayMs);
    },
    stop: () => {
      stopped = true;
      window.clearTimeout(timer ?? undefined);
    },
  };
}
