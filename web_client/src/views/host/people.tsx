// Who may speak and how often, who helps, who was shown out, and who is here.
import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent } from "preact";
import { useEffect } from "preact/hooks";

import { count, type Key, t, when } from "../../i18n";
import { shownName } from "../../names";
import { toastText } from "../../toasts";
import type { RulesReply } from "../../wire/types.gen";
import { useDesk } from "./context";
import { linesOf } from "./words";

const VIEWERS_EVERY_MS = 5_000;
const PAUSES_S = [0, 3, 10, 30, 60];

export function HostPeople() {
  const desk = useDesk();
  const isOpen = desk.room.state.value.connection.kind === "open";
  useEffect(() => {
    if (!isOpen) return undefined;
    const load = () => void Promise.all([desk.loadRules(), desk.loadViewers()]);
    load();
    const timer = window.setInterval(load, VIEWERS_EVERY_MS);
    return () => window.clearInterval(timer);
  }, [isOpen]);
  const rules = desk.rules.value;
  if (rules === null) return <p class="empty">{t("loading")}</p>;
  return (
    <div class="column-scroll side-parts">
      <RulesForm rules={rules} />
      <Names title="host.assistants" testid="assistants" ids={rules.assistants} undo="host.noAssistant" act={(id) => desk.setRole(id, "viewer")} />
      <Names
        title="host.muted"
        testid="muted"
        ids={rules.mutes.map((mute) => mute.user_id)}
        notes={new Map(rules.mutes.map((mute) => [mute.user_id, t("host.mutedUntil", { time: when(mute.until_ms) })]))}
        undo="host.unmute"
        act={(id) => desk.unmute(id)}
      />
      <Names title="host.banned" testid="banned" ids={rules.bans} undo="host.unban" act={(id) => desk.unban(id)} />
      <Here />
    </div>
  );
}

function RulesForm({ rules }: { rules: RulesReply }) {
  const desk = useDesk();
  const words = useSignal(rules.blocked_words.join("\n"));
  const save = async (slowModeS: number, blockedWords: string[]) => {
    const kept = await desk.setRules({ slow_mode_s: slowModeS, blocked_words: blockedWords });
    if (kept) toastText("toast.rules", "good");
  };
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void save(rules.slow_mode_s, linesOf(words.value));
  };
  return (
    <form class="side-part" onSubmit={submit}>
      <fieldset class="choices">
        <legend class="side-title">{t("host.slow")}</legend>
        {PAUSES_S.map((seconds) => (
          <label key={seconds} class="choice">
            <input
              type="radio"
              name="slow"
              data-testid={`slow-${seconds}`}
              checked={rules.slow_mode_s === seconds}
              onChange={() => void save(seconds, rules.blocked_words)}
            />
            <span>{seconds === 0 ? t("host.slow.off") : t("unit.seconds", { count: seconds })}</span>
          </label>
        ))}
      </fieldset>
      <label class="field">
        <span class="side-title">{t("host.blocked")}</span>
        <textarea
          class="field-input"
          data-testid="blocked-words"
          rows={3}
          value={words.value}
          onInput={(event) => (words.value = event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="side-button" data-testid="blocked-save">
        {t("host.blocked.save")}
      </button>
    </form>
  );
}

interface NamesProps {
  title: Key;
  testid: string;
  ids: readonly string[];
  notes?: ReadonlyMap<string, string>;
  undo: Key;
  act: (userId: string) => Promise<void>;
}

function Names({ title, testid, ids, notes, undo, act }: NamesProps) {
  const desk = useDesk();
  if (ids.length === 0) return null;
  return (
    <div class="side-part" data-testid={testid}>
      <h3 class="side-title">{t(title)}</h3>
      <ul>
        {ids.map((id) => (
          <li key={id} class="person-row">
            <span class="person-name">{desk.nameOf(id)}</span>
            <span class="side-note">{notes?.get(id)}</span>
            <button type="button" class="side-button" data-testid={`${testid}-undo`} onClick={() => void act(id)}>
              {t(undo)}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Here() {
  const viewers = useDesk().viewers.value;
  if (viewers === null) return null;
  return (
    <div class="side-part" data-testid="here">
      <h3 class="side-title">{t("host.here", { count: count(viewers.count) })}</h3>
      <p class="side-note">{viewers.viewers.map((viewer) => shownName(viewer.name)).join(" · ")}</p>
    </div>
  );
}
