// The live data screen: a wall display of how the show is going. It opens with a host's token and only
// reads; every number comes from the server, so a reload shows the same.
import { useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

import { enterAsHost } from "../../enter";
import { FiguresFeed } from "../../figures_feed";
import { spanFor } from "../../figures";
import { type Key, t } from "../../i18n";
import { ConnectionBar } from "../connection_bar";
import { RoomProvider, useRoom } from "../context";
import { Gone } from "../gone";
import { Brand, LangSwitch } from "../parts";
import { Charts } from "./charts";
import { FunnelBars } from "./funnel";
import { Marks } from "./marks";
import { Numbers } from "./numbers";
import { ProductTable } from "./products";

/** How much of the show is looked at, in minutes. */
const SPANS: readonly { minutes: number; label: Key }[] = [
  { minutes: 30, label: "screen.span.30" },
  { minutes: 120, label: "screen.span.120" },
  { minutes: 480, label: "screen.span.480" },
  { minutes: 1_440, label: "screen.span.1440" },
];
const SPAN_MINUTES = SPANS.map(({ minutes }) => minutes);

export function ScreenPage({ roomId }: { roomId: string }) {
  const [entry] = useState(() => enterAsHost(roomId));
  if ("why" in entry) return <Gone why={entry.why} roomId={roomId} />;
  return (
    <RoomProvider value={entry.room}>
      <Screen />
    </RoomProvider>
  );
}

function Screen() {
  const live = useRoom();
  const { connection, room, you } = live.state.value;
  const [feed] = useState(() => new FiguresFeed(live));
  const chosen = useSignal<number | null>(null); // until then, as much as there is to see
  useEffect(() => feed.open(), [feed]);
  useEffect(() => {
    if (room !== null) document.title = `${room.title} · ${t("screen.title")}`;
  }, [room?.title]);
  const isRefused = (you !== null && you.role !== "host") || (connection.kind === "stopped" && room === null);
  useEffect(() => {
    if (isRefused) live.leave();
  }, [isRefused]);
  if (isRefused) return <Gone why="host" roomId={live.roomId} />;
  const show = feed.show.value;
  const span = chosen.value ?? spanFor(show, SPAN_MINUTES);
  return (
    <main class="screen" data-testid="screen" data-fresh={feed.fresh.value}>
      <ConnectionBar />
      <ScreenHeader span={span} choose={(minutes) => (chosen.value = minutes)} />
      <Numbers show={show} span={span} />
      <Charts show={show} span={span} />
      <FunnelBars show={show} span={span} />
      <ProductTable show={show} span={span} />
      <Marks show={show} span={span} />
    </main>
  );
}

function ScreenHeader({ span, choose }: { span: number; choose: (minutes: number) => void }) {
  const { room } = useRoom().state.value;
  return (
    <header class="screen-header">
      <Brand />
      <h1>{room?.title ?? t("loading")}</h1>
      <div class="filters" role="group" aria-label={t("screen.span")}>
        {SPANS.map(({ minutes, label }) => (
          <button
            key={minutes}
            type="button"
            class="side-button"
            data-testid={`span-${minutes}`}
            aria-pressed={span === minutes}
            onClick={() => choose(minutes)}
          >
            {t(label)}
          </button>
        ))}
      </div>
      <LangSwitch />
    </header>
  );
}
