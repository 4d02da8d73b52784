// A thin bar while the connection is away. It never blocks: the page stays as it was last known.
import { t } from "../i18n";
import { useFields } from "./context";

export function ConnectionBar() {
  const { connection, room } = useFields("connection", "room");
  if (connection.kind === "open") return <div class="unseen" role="status" />;
  if (connection.kind === "stopped") {
    return (
      <div class="connection-bar" role="status" data-testid="connection-bar" data-state="stopped">
        {t("connection.stopped")}
        <button type="button" class="bar-button" onClick={() => location.reload()}>
          {t("connection.reload")}
        </button>
      </div>
    );
  }
  const first = room === null && connection.kind === "connecting";
  return (
    <div class="connection-bar" role="status" data-testid="connection-bar" data-state={connection.kind}>
      {t(first ? "connection.connecting" : "connection.lost")}
    </div>
  );
}
