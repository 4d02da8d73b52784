// The run-of-show at the top of the panel: what comes next, large, with one button; the rest below it.
import { useEffect, useRef, useState } from "preact/hooks";

import { t } from "../../i18n";
import { doneCount, nextStep, ticked } from "../../rundown";
import type { StepBody } from "../../wire/types.gen";
import { Icon } from "../icons";
import { useDesk } from "./context";
import { RundownSheet } from "./rundown_sheet";
import { stepText } from "./step_words";

export function HostRundown() {
  const desk = useDesk();
  const [isEdited, setEdited] = useState(false);
  const { steps } = desk.rundown.value;
  return (
    <section class="host-column host-rundown" data-testid="rundown">
      <header class="column-header">
        <h2 class="column-title">{t("host.rundown")}</h2>
        {steps.length > 0 && (
          <span class="side-note" data-testid="rundown-done">
            {t("host.rundown.done", { done: doneCount(steps), all: steps.length })}
          </span>
        )}
        <button type="button" class="side-button" data-testid="rundown-edit" onClick={() => setEdited(true)}>
          <Icon name="edit" /> {t("host.rundown.edit")}
        </button>
      </header>
      {steps.length === 0 ? <p class="side-note">{t("host.rundown.empty")}</p> : <Steps steps={steps} />}
      {isEdited && <RundownSheet close={() => setEdited(false)} />}
    </section>
  );
}

function Steps({ steps }: { steps: readonly StepBody[] }) {
  const next = nextStep(steps);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const shown = list.current?.querySelector<HTMLElement>('[data-state="next"]');
    if (shown && list.current) reveal(list.current, shown);
  }, [next?.step_id]);
  return (
    <ol ref={list} class="steps" tabIndex={0} aria-label={t("host.rundown")}>
      {steps.map((step) => (
        <Step key={step.step_id} step={step} isNext={step === next} />
      ))}
    </ol>
  );
}

/** Scrolls the list and nothing else: on a phone `scrollIntoView` would move the whole page. */
function reveal(list: HTMLElement, step: HTMLElement): void {
  const top = step.offsetTop - list.offsetTop;
  const bottom = top + step.offsetHeight;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
}

function Step({ step, isNext }: { step: StepBody; isNext: boolean }) {
  const desk = useDesk();
  const [busy, setBusy] = useState(false);
  const isDone = step.done === true;
  const text = stepText(step, desk.room.state.value);
  const run = async () => {
    if (busy) return;
    setBusy(true);
    await desk.runStep(step.step_id);
    setBusy(false);
  };
  const untick = () => void desk.changeSteps((steps) => ticked(steps, step.step_id, !isDone));
  return (
    <li class="step" data-testid={`step-${step.step_id}`} data-state={isDone ? "done" : isNext ? "next" : "later"}>
      <button
        type="button"
        class="step-tick"
        role="checkbox"
        aria-checked={isDone}
        aria-label={text}
        onClick={untick}
      >
        {isDone && <Icon name="check" />}
      </button>
      <span class="step-text" data-op={step.op}>
        {text}
      </span>
      {!isDone && (
        <button
          type="button"
          class={isNext ? "main-button" : "side-button"}
          data-testid={isNext ? "run-next" : `run-${step.step_id}`}
          aria-disabled={busy}
          onClick={() => void run()}
        >
          {t(isNext ? "host.rundown.next" : "host.rundown.run")}
          {isNext && <kbd>N</kbd>}
        </button>
      )}
    </li>
  );
}
