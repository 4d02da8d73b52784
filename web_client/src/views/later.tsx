// A page whose code comes when it is opened.
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

import { t } from "../i18n";
import { Gone } from "./gone";

type RoomPage = ComponentType<{ roomId: string }>;

interface LaterProps {
  load: () => Promise<RoomPage>;
  roomId: string;
}

export function Later({ load, roomId }: LaterProps) {
  const [loaded, setLoaded] = useState<{ page: RoomPage } | "failed" | null>(null);
  useEffect(() => {
    load().then(
      (page) => setLoaded({ page }),
      () => setLoaded("failed"),
    );
  }, []);
  if (loaded === null) return <p class="entering">{t("loading")}</p>;
  if (loaded === "failed") return <Gone why="failed" />;
  return <loaded.page roomId={roomId} />;
}
