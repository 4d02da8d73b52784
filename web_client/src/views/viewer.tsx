// The viewer's page. On a phone everything floats over the video; on a desk the same parts stand in
// columns beside a stage of phone proportions. Each part exists once, wherever it stands.
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

import { enterAsGuest, type Entry, type Why } from "../enter";
import { count, t } from "../i18n";
import type { Returned } from "../returned";
import { CLOSE } from "../wire/types.gen";
import { useAttention } from "./attention";
import { Bag } from "./bag";
import { Behind } from "./behind";
import { Bought } from "./bought";
import { Comments } from "./comments";
import { Composer } from "./composer";
import { ConnectionBar } from "./connection_bar";
import { PlayerProvider, RoomProvider, useFields, useRoom, wide } from "./context";
import { Gone } from "./gone";
import { meet, takeReturn } from "./homecoming";
import { Icon, Mark } from "./icons";
import { LikeButton, useBursts, useDoubleTap } from "./likes";
import { Orders } from "./orders";
import { closePanel, openPanel, panel } from "./panel";
import { Brand, LangSwitch, withCount } from "./parts";
import { donePaying, payPage } from "./paying";
import { Player } from "./player";
import { PollCard } from "./poll";
import { ProductCard } from "./product_card";
import { Questions } from "./questions";
import { Rail } from "./rail";
import { ShareLine } from "./share";
import { PageToasts, Sheet } from "./sheet";
import { Video } from "./video";

const PICTURE_TIME_MS = 250;

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
  const room = useRoom();
  const { connection, room: shown } = useFields("connection", "room");
  const [player] = useState(() => new Player());
  const home = useSignal<Returned | null>(null);
  useEffect(() => meet(room.roomId, takeReturn(), home), []);
  useSignalEffect(() => {
    if (home.value !== null) openPanel("orders");
  });
  useAttention();
  useEffect(() => {
    if (shown !== null) document.title = `${shown.title} · ${t("app.name")}`;
  }, [shown?.title]);
  usePictureTime(player);
  useEndOfPaying(player);
  if (connection.kind === "stopped" && shown === null) return <Gone why={stoppedWhy(connection.closeCode)} />;
  return (
    <PlayerProvider value={player}>
      <main class="viewer">
        <ConnectionBar />
        {wide.value && <ProductColumn />}
        <Stage player={player} />
        {wide.value && <CommentColumn />}
        <Panels from={home.value} />
        <PageToasts />
      </main>
    </PlayerProvider>
  );
}

/** Tells the room which picture is on the screen. */
function usePictureTime(player: Player): void {
  const room = useRoom();
  useEffect(() => {
    const timer = window.setInterval(() => room.pictureAt(player.pictureMs()), PICTURE_TIME_MS);
    return () => window.clearInterval(timer);
  }, []);
}

/** When the order that is being paid in another tab is settled, the picture comes back. */
function useEndOfPaying(player: Player): void {
  const { state } = useRoom();
  useSignalEffect(() => {
    const hold = state.value.holds.get(payPage.value?.reservationId ?? "");
    if (hold !== undefined && hold.state !== "held") void donePaying(player);
  });
}

function Panels({ from }: { from: Returned | null }) {
  switch (panel.value) {
    case "orders":
      return (
        <Sheet title={t("orders.title")} testid="orders-sheet" onClose={closePanel}>
          <Orders from={from} />
        </Sheet>
      );
    case "bag":
      return (
        <Sheet title={t("bag.title")} testid="bag-sheet" onClose={closePanel}>
          <Bag />
        </Sheet>
      );
    case "questions":
      return (
        <Sheet title={t("questions.title")} testid="questions-sheet" onClose={closePanel}>
          <Questions />
        </Sheet>
      );
    case "share":
      return (
        <Sheet title={t("share.title")} testid="share-sheet" onClose={closePanel}>
          <ShareLine />
        </Sheet>
      );
    case null:
      return null;
  }
}

function Stage({ player }: { player: Player }) {
  const room = useRoom();
  const { room: shown } = useFields("room");
  const { layer, burst } = useBursts();
  const onTap = useDoubleTap((x, y) => {
    room.like();
    burst(x, y);
  });
  return (
    <section class="stage">
      <Video url={shown?.video_url ?? null} playing={player.playing} player={player} />
      <div class="stage-touch" data-testid="stage" onPointerUp={onTap} />
      <TopBar live={player.playing.value} />
      <div class="stage-bottom">
        <div class="stage-talk">
          <div class="stage-words">
            {!wide.value && <PollCard />}
            <Bought />
            {!wide.value && <Comments floating />}
          </div>
          <Rail>{wide.value && <LikeButton burst={burst} />}</Rail>
        </div>
        <ProductCard />
        {!wide.value && (
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
  const { room, viewerCount } = useFields("room", "viewerCount");
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
      <div class="topbar-late">
        <Behind />
      </div>
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
      <PollCard />
      <Comments floating={false} />
      <Composer />
    </aside>
  );
}

function BagButton() {
  const { products } = useFields("products");
  return (
    <button type="button" class="stage-button" data-testid="bag-button" aria-label={withCount(t("bag.open"), products.size)} onClick={() => openPanel("bag")}>
      <Icon name="bag" />
      {products.size > 0 && <span class="dot-count">{products.size}</span>}
    </button>
  );
}

function OrdersButton() {
  const { holds } = useFields("holds");
  const unpaid = [...holds.values()].filter((hold) => hold.state === "held").length;
  const label = wide.value ? {} : { "aria-label": withCount(t("orders.open"), unpaid) }; // it has words there
  return (
    <button type="button" class="stage-button" data-testid="orders-button" {...label} onClick={() => openPanel("orders")}>
      <Icon name="orders" />
      <span class="stage-button-words">{t("orders.title")}</span>
      {unpaid > 0 && <span class="dot-count">{unpaid}</span>}
    </button>
  );
}

function stoppedWhy(closeCode: number): Why {
  if (closeCode === CLOSE.FORBIDDEN) return "banned"; // a guest's token is never another room's
  return closeCode === CLOSE.UNKNOWN_ROOM ? "room" : "token";
}
