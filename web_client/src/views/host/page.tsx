// The host's control panel: one screen on a desk. Left what viewers see and say, in the middle what
// is sold, right what they ordered; above them the health of it all.
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

import { HostDesk } from "../../desk";
import { enterAsHost } from "../../enter";
import { t } from "../../i18n";
import { nextStep } from "../../rundown";
import type { Shortcut } from "../../shortcuts";
import { Composer } from "../composer";
import { ConnectionBar } from "../connection_bar";
import { RoomProvider, useRoom } from "../context";
import { Gone } from "../gone";
import { PageToasts } from "../sheet";
import { Video } from "../video";
import { ModeratedComments } from "./comment_tools";
import { DeskProvider } from "./context";
import { HostHeader } from "./header";
import { HostProducts } from "./products";
import { HostRundown } from "./rundown";
import { HelpSheet, useShortcuts } from "./shortcuts";
import { HostSide, type SideName, useSide } from "./side";

export function HostPage({ roomId }: { roomId: string }) {
  const [entry] = useState(() => enterAsHost(roomId));
  if ("why" in entry) return <Gone why={entry.why} roomId={roomId} />;
  return (
    <RoomProvider value={entry.room}>
      <Panel />
    </RoomProvider>
  );
}

/** The desk of the room's host, open for as long as the panel is. */
function useOpenDesk(): HostDesk {
  const room = useRoom();
  const [desk] = useState(() => new HostDesk(room));
  useEffect(() => desk.open(), [desk]);
  return desk;
}

function Panel() {
  const panel = useRoom();
  const { connection, room, you } = panel.state.value;
  const isViewer = you !== null && you.role !== "host"; // a token for this room, but not a host's
  const playing = useSignal(false);
  const desk = useOpenDesk();
  const side = useSide();
  const [helped, setHelped] = useState(false);
  useShortcuts((shortcut) => perform(shortcut, desk, side, () => setHelped(true)));
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
    <DeskProvider value={desk}>
      <main class="host">
        <ConnectionBar />
        <HostHeader live={playing.value} help={() => setHelped(true)} />
        <section class="host-column host-stage">
          <div class="host-video">
            <Video url={room?.video_url ?? null} playing={playing} />
          </div>
          <h2 class="column-title">{t("comments.title")}</h2>
          <ModeratedComments />
          <Composer />
        </section>
        <div class="host-middle">
          <HostRundown />
          <HostProducts />
        </div>
        <HostSide side={side} />
        {helped && <HelpSheet close={() => setHelped(false)} />}
        <PageToasts />
      </main>
    </DeskProvider>
  );
}

function perform(shortcut: Shortcut, desk: HostDesk, side: Signal<SideName>, help: () => void): void {
  const { room } = desk;
  switch (shortcut.act) {
    case "next_step": {
      const next = nextStep(desk.rundown.peek().steps);
      if (next !== null) void desk.runStep(next.step_id);
      return;
    }
    case "pin": {
      const productId = [...room.state.peek().products.keys()][shortcut.number - 1];
      if (productId !== undefined) void room.ask("pin", { product_id: productId });
      return;
    }
    case "unpin":
      void room.ask("pin", { product_id: null });
      return;
    case "side":
      side.value = shortcut.name;
      return;
    case "comment":
      document.querySelector<HTMLElement>(".composer-input")?.focus();
      return;
    case "help":
      help();
  }
}
