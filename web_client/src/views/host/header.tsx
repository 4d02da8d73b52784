// The head of the panel: which room, how it is doing, and the link to give to viewers.
import { useRef } from "preact/hooks";

import type { HealthReply } from "../../api";
import { count, t, when } from "../../i18n";
import { toastText } from "../../toasts";
import { useRoom } from "../context";
import { Icon } from "../icons";
import { Brand, LangSwitch } from "../parts";
import { useDesk } from "./context";

const DELIVERY_GOOD_MS = 500;
const LEDGER_GOOD_MS = 5_000;

export function HostHeader({ live, help }: { live: boolean; help: () => void }) {
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
      <WallLink />
      <button type="button" class="quiet-button" data-testid="help" aria-label={t("host.keys")} onClick={help}>
        ?
      </button>
      <LangSwitch />
    </header>
  );
}

function Health() {
  const room = useRoom();
  const { connection, viewerCount, likesTotal } = room.state.value;
  const connected = connection.kind === "open";
  const { deliveryMs, health } = useDesk();
  const lagMs = health.value?.ledger_lag_ms ?? null;
  return (
    <dl class="health">
      <Figure name={t("host.viewers")} testid="viewer-count" text={count(viewerCount)} />
      <Figure name={t("host.likes")} testid="likes-total" text={count(likesTotal)} />
      <Figure
        name={t("host.delivery")}
        testid="latency"
        text={duration(connected ? (deliveryMs.value ?? room.latencyMs.value) : null)}
        state={tone(deliveryMs.value, DELIVERY_GOOD_MS)}
      />
      <Figure
        name={t("host.ledger")}
        testid="ledger-lag"
        text={lagMs === 0 ? t("host.ledger.upToDate") : duration(lagMs)}
        state={tone(lagMs, LEDGER_GOOD_MS)}
      />
      <Audit health={health.value} />
      <Figure
        name={t("host.connection")}
        testid="host-connection"
        text={t(connected ? "host.connected" : "host.disconnected")}
        state={connected ? "good" : "bad"}
      />
    </dl>
  );
}

/** What the server found when it last compared its stock with its ledger. */
function Audit({ health }: { health: HealthReply | null }) {
  const atMs = health?.reconciled_at_ms ?? null;
  if (health === null || atMs === null) return <Figure name={t("host.audit")} testid="audit" text="–" />;
  const { differences } = health;
  const isGood = differences === 0;
  return (
    <Figure
      name={t("host.audit")}
      testid="audit"
      text={isGood ? t("host.audit.inOrder") : t("host.audit.differ", { count: differences })}
      title={t("host.audit.at", { time: when(atMs) })}
      state={isGood ? "good" : "bad"}
    />
  );
}

/** "12 ms", "3.4 s", or a dash for what is not known. */
function duration(ms: number | null): string {
  if (ms === null) return "–";
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function tone(ms: number | null, goodMs: number): string {
  return ms === null ? "plain" : ms <= goodMs ? "good" : "bad";
}

/** Opens the data screen with this page's own right to it, which the new page takes out of its address. */
function WallLink() {
  const { roomId, token } = useRoom();
  const open = () => window.open(`/screen/${roomId}#token=${token}`, "_blank", "noopener");
  return (
    <button type="button" class="side-button" data-testid="open-screen" onClick={open}>
      <Icon name="chart" /> {t("host.screen")}
    </button>
  );
}

interface FigureProps {
  name: string;
  text: string;
  testid: string;
  state?: string;
  title?: string;
}

function Figure({ name, text, testid, state = "plain", title }: FigureProps) {
  return (
    <div class="figure" data-state={state} title={title}>
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
