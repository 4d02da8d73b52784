// The viewer's page. On a phone everything floats over the video; on a desk the same parts stand in
// columns beside a stage of phone proportions. Each part exists once, wherever it stands.
import { useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

import { enterAsGuest, type Entry, type Why } from "../enter";
import { count, t } from "../i18n";
import { type Returned, returned } from "../returned";
import { CLOSE } from "../wire/types.gen";
import { useAttention } from "./attention";
import { Bag } from "./bag";
import { Comments } from "./comments";
import { Composer } from "./composer";
import { ConnectionBar } from "./connection_bar";
import { RoomProvider, useRoom, wide } from "./context";
import { Gone } from "./gone";
import { Icon, Mark } from "./icons";
import { LikeButton, useBursts, useDoubleTap } from "./likes";
import { Orders } from "./orders";
import { closePanel, openPanel, panel } from "./panel";
import { Brand, LangSwitch } from "./parts";
import { ProductCard } from "./product_card";
import { PageToasts, Sheet } from "./sheet";
import { Video } from "./video";

export function ViewerPage({ roomId }: { roomId: string }) {
  const [entry, setEntry] = useState<Entry | null>(null);
  useEffect(() => void enterAsGuest(roomId).then(setEntry), [roomId]);
  if (entry === null) return <p class="entering">{t("loading")}</p>;
  if ("why" in entry) return <Gone why={entry.why} />;
  return (
    <RoomProvider value={entry.room}>
      <Viewer />
    </RoomProvider>
  );
}

function Viewer() {
  const { connection, room } = useRoom().state.value;
  const [from] = useState(takeReturn);
  useAttention();
  useEffect(() => {
    if (from !== null) openPanel("orders");
  }, [from]);
  useEffect(() => {
    if (room !== null) document.title = `${room.title} · ${t("app.name")}`;
  }, [room?.title]);
  if (connection.kind === "stopped" && room === null) return <Gone why={stoppedWhy(connection.closeCode)} />;
  return (
    <main class="viewer">
      <ConnectionBar />
      {wide.value && <ProductColumn />}
      <Stage />
      {wide.value && <CommentColumn />}
      {panel.value === "orders" && (
        <Sheet title={t("orders.title")} testid="orders-sheet" onClose={closePanel}>
          <Orders from={from} />
        </Sheet>
      )}
      {panel.value === "bag" && (
        <Sheet title={t("bag.title")} testid="bag-sheet" onClose={closePanel}>
          <Bag />
        </Sheet>
      )}
      <PageToasts />
    </main>
  );
}

function Stage() {
  const room = useRoom();
  const playing = useSignal(false);
  const { layer, burst } = useBursts();
  const onTap = useDoubleTap((x, y) => {
    room.like();
    burst(x, y);
  });
  return (
    <section class="stage">
      <Video url={room.state.value.room?.video_url ?? null} playing={playing} />
      <div class="stage-touch" data-testid="stage" onPointerUp={onTap} />
      <TopBar live={playing.value} />
      <div class="stage-bottom">
        {!wide.value && <Comments floating />}
        <ProductCard />
        {wide.value ? (
          <div class="stage-tools">
            <LikeButton burst={burst} />
          </div>
        ) : (
          <Composer>
            <BagButton />
            <OrdersButton />
            <LikeButton burst={burst} />
          </Composer>
        )}
      </div>
      <div ref={layer} class="bursts" aria-hidden="true" />
    </section>
  );
}

function TopBar({ live }: { live: boolean }) {
  const { room, viewerCount } = useRoom().state.value;
  return (
    <header class="topbar">
      <a class="topbar-mark" href="/" aria-label={t("gone.home")}>
        <Mark />
      </a>
      <div class="topbar-words">
        <h1 class="topbar-title">{room?.title ?? t("loading")}</h1>
        <p class="topbar-line">
          {live && <span class="live-badge">{t("live.badge")}</span>}
          <span data-testid="viewer-count" data-count={viewerCount}>
            {t("live.viewers", { count: count(viewerCount) })}
          </span>
        </p>
      </div>
      {!wide.value && <LangSwitch />}
    </header>
  );
}

function ProductColumn() {
  return (
    <aside class="column column-products" aria-label={t("bag.title")}>
      <header class="column-header">
        <Brand />
        <LangSwitch />
      </header>
      <h2 class="column-title">{t("bag.title")}</h2>
      <div class="column-scroll">
        <Bag />
      </div>
      <OrdersButton />
    </aside>
  );
}

function CommentColumn() {
  return (
    <aside class="column column-comments" aria-label={t("comments.title")}>
      <h2 class="column-title">{t("comments.title")}</h2>
      <Comments floating={false} />
      <Composer />
    </aside>
  );
}

function BagButton() {
  const { products } = useRoom().state.value;
  return (
    <button type="button" class="stage-button" data-testid="bag-button" aria-label={t("bag.open")} onClick={() => openPanel("bag")}>
      <Icon name="bag" />
      {products.size > 0 && <span class="dot-count">{products.size}</span>}
    </button>
  );
}

function OrdersButton() {
  const { holds } = useRoom().state.value;
  const unpaid = [...holds.values()].filter((hold) => hold.state === "held").length;
  return (
    <button type="button" class="stage-button" data-testid="orders-button" aria-label={t("orders.open")} onClick={() => openPanel("orders")}>
      <Icon name="orders" />
      <span class="stage-button-words">{t("orders.title")}</span>
      {unpaid > 0 && <span class="dot-count">{unpaid}</span>}
    </button>
  );
}

/** The order in the address after a pay page, taken out of it so that a reload does not repeat it. */
function takeReturn(): Returned | null {
  const from = returned(location.search);
  if (from !== null) history.replaceState(null, "", location.pathname);
  return from;
}

function stoppedWhy(closeCode: number): Why {
  if (closeCode === CLOSE.FORBIDDEN) return "banned"; // a guest's token is never another room's
  return closeCode === CLOSE.UNKNOWN_ROOM ? "room" : "token";
}
