// The head of the panel: which room, how it is doing, and the link to give to viewers.
import { useRef } from "preact/hooks";

import { count, t } from "../../i18n";
import { toastText } from "../../toasts";
import { useRoom } from "../context";
import { Brand, LangSwitch } from "../parts";

export function HostHeader({ live }: { live: boolean }) {
  const { room } = useRoom().state.value;
  return (
    <header class="host-header">
      <Brand />
      <div class="host-name">
        <h1>{room?.title ?? t("loading")}</h1>
        {live && <span class="live-badge">{t("live.badge")}</span>}
      </div>
      <Health />
      <ShareLink />
      <LangSwitch />
    </header>
  );
}

function Health() {
  const room = useRoom();
  const { connection, viewerCount, likesTotal } = room.state.value;
  const connected = connection.kind === "open";
  const latencyMs = room.latencyMs.value;
  return (
    <dl class="health">
      <Figure name={t("host.viewers")} testid="viewer-count" text={count(viewerCount)} />
      <Figure name={t("host.likes")} testid="likes-total" text={count(likesTotal)} />
      <Figure
        name={t("host.latency")}
        testid="latency"
        text={latencyMs === null || !connected ? "–" : `${latencyMs} ms`}
      />
      <Figure
        name={t("host.connection")}
        testid="host-connection"
        text={t(connected ? "host.connected" : "host.disconnected")}
        state={connected ? "good" : "bad"}
      />
    </dl>
  );
}

interface FigureProps {
  name: string;
  text: string;
  testid: string;
  state?: string;
}

function Figure({ name, text, testid, state = "plain" }: FigureProps) {
  return (
    <div class="figure" data-state={state}>
      <dt>{name}</dt>
      <dd data-testid={testid}>{text}</dd>
    </div>
  );
}

function ShareLink() {
  const { roomId } = useRoom();
  const input = useRef<HTMLInputElement>(null);
  const link = `${location.origin}/r/${roomId}`;
  const copy = async () => {
    input.current?.select(); // where there is no clipboard (plain http), it is ready to be copied
    try {
      await navigator.clipboard.writeText(link);
      toastText("toast.copied", "good");
    } catch {
      input.current?.focus();
    }
  };
  return (
    <div class="share">
      <input ref={input} class="share-link" readOnly value={link} aria-label={t("host.share")} data-testid="share-link" />
      <button type="button" class="side-button" data-testid="share-copy" onClick={() => void copy()}>
        {t("host.copy")}
      </button>
    </div>
  );
}
