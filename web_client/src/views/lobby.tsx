// The front door: the rooms that are open, one click to enter.
import { useEffect, useState } from "preact/hooks";

import type { Answer } from "../answer";
import { listRooms } from "../api";
import { t } from "../i18n";
import type { RoomView } from "../wire/types.gen";
import { Icon, Mark } from "./icons";
import { Brand, LangSwitch } from "./parts";

type Listed = Answer<{ rooms: RoomView[] }> | null;

export function Lobby() {
  const [listed, setListed] = useState<Listed>(null);
  const load = () => void listRooms().then(setListed);
  useEffect(load, []);
  return (
    <main class="plain-page">
      <header class="plain-header">
        <Brand />
        <LangSwitch />
      </header>
      <section class="lobby">
        <h1>{t("lobby.title")}</h1>
        <p class="lead">{t("lobby.lead")}</p>
        <Rooms listed={listed} retry={load} />
      </section>
    </main>
  );
}

function Rooms({ listed, retry }: { listed: Listed; retry: () => void }) {
  if (listed === null) return <p class="lead">{t("loading")}</p>;
  if (!listed.ok) {
    return (
      <p class="lead" role="alert">
        {t("lobby.failed")}{" "}
        <button type="button" class="text-button" onClick={retry}>
          {t("retry")}
        </button>
      </p>
    );
  }
  if (listed.body.rooms.length === 0) return <p class="lead">{t("lobby.empty")}</p>;
  return (
    <ul class="room-list">
      {listed.body.rooms.map((room) => (
        <li key={room.room_id}>
          <a class="room-link" href={`/r/${room.room_id}`} data-testid={`room-${room.room_id}`}>
            <span class="room-cover">
              <Mark />
            </span>
            <span class="room-words">
              <strong>{room.title}</strong>
              <span class="room-enter">
                {t("lobby.enter")} <Icon name="play" />
              </span>
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}
