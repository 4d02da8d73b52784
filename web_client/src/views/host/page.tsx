// The host's control panel: one screen on a desk. Left what viewers see and say, in the middle what
// is sold, right what they ordered; above them the health of it all.
import { useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

import { enterAsHost } from "../../enter";
import { t } from "../../i18n";
import { Comments } from "../comments";
import { Composer } from "../composer";
import { ConnectionBar } from "../connection_bar";
import { RoomProvider, useRoom } from "../context";
import { Gone } from "../gone";
import { PageToasts } from "../sheet";
import { Video } from "../video";
import { HostHeader } from "./header";
import { HostOrders } from "./orders";
import { HostProducts } from "./products";

export function HostPage({ roomId }: { roomId: string }) {
  const [entry] = useState(() => enterAsHost(roomId));
  if ("why" in entry) return <Gone why={entry.why} roomId={roomId} />;
  return (
    <RoomProvider value={entry.room}>
      <Panel />
    </RoomProvider>
  );
}

function Panel() {
  const panel = useRoom();
  const { connection, room, you } = panel.state.value;
  const isViewer = you !== null && you.role !== "host"; // a token for this room, but not a host's
  const playing = useSignal(false);
  useEffect(() => {
    if (room !== null) document.title = `${room.title} · ${t("host.title")}`;
  }, [room?.title]);
  useEffect(() => {
    if (isViewer) panel.leave();
  }, [isViewer]);
  if (isViewer) return <Gone why="host" roomId={panel.roomId} />;
  if (connection.kind === "stopped" && room === null) {
    return <Gone why={connection.closeCode === 4508 ? "room" : "host"} roomId={panel.roomId} />;
  }
  return (
    <main class="host">
      <ConnectionBar />
      <HostHeader live={playing.value} />
      <section class="host-column host-stage">
        <div class="host-video">
          <Video url={room?.video_url ?? null} playing={playing} />
        </div>
        <h2 class="column-title">{t("comments.title")}</h2>
        <Comments floating={false} />
        <Composer />
      </section>
      <HostProducts />
      <HostOrders />
      <PageToasts />
    </main>
  );
}
