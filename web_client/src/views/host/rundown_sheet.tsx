// Making the run-of-show: add steps, move them, take them out. Every change is kept at once.
import type { TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";

import { type Key, t } from "../../i18n";
import { shifted, type StepOp, without } from "../../rundown";
import type { StepBody } from "../../wire/types.gen";
import { Icon, type IconName } from "../icons";
import { Sheet } from "../sheet";
import { useDesk } from "./context";
import { StepFields, type StepDraft, BLANK_STEP, stepBody } from "./step_form";
import { stepText } from "./step_words";

const KINDS: readonly { op: StepOp; label: Key }[] = [
  { op: "pin", label: "step.kind.pin" },
  { op: "start_sale", label: "step.kind.start_sale" },
  { op: "announce", label: "step.kind.announce" },
  { op: "open_poll", label: "step.kind.open_poll" },
  { op: "note", label: "step.kind.note" },
];

export function RundownSheet({ close }: { close: () => void }) {
  const desk = useDesk();
  const { steps } = desk.rundown.value;
  return (
    <Sheet title={t("host.rundown")} testid="rundown-sheet" onClose={close}>
      <ol class="steps steps-edited">
        {steps.map((step) => (
          <EditedStep key={step.step_id} step={step} />
        ))}
      </ol>
      <AddStep />
      <div class="sheet-actions">
        <button type="button" class="main-button" data-testid="rundown-ready" onClick={close}>
          {t("host.rundown.ready")}
        </button>
      </div>
    </Sheet>
  );
}

function EditedStep({ step }: { step: StepBody }) {
  const desk = useDesk();
  const text = stepText(step, desk.room.state.value);
  const tool = (icon: IconName, label: Key, change: (steps: readonly StepBody[]) => StepBody[]) => (
    <button
      type="button"
      class="icon-button icon-button-small"
      aria-label={`${t(label)}: ${text}`}
      data-testid={`step-${icon}-${step.step_id}`}
      onClick={() => void desk.changeSteps(change)}
    >
      <Icon name={icon} />
    </button>
  );
  return (
    <li class="step" data-state={step.done === true ? "done" : "later"}>
      <span class="step-text">{text}</span>
      {tool("up", "host.up", (steps) => shifted(steps, step.step_id, -1))}
      {tool("down", "host.down", (steps) => shifted(steps, step.step_id, 1))}
      {tool("close", "host.takeOut", (steps) => without(steps, step.step_id))}
    </li>
  );
}

function AddStep() {
  const desk = useDesk();
  const [op, setOp] = useState<StepOp>("pin");
  const [draft, setDraft] = useState<StepDraft>(BLANK_STEP);
  const [busy, setBusy] = useState(false);
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const stepId = desk.newShortId("step");
    const body = stepBody(op, draft, stepId);
    const kept = await desk.changeSteps((steps) => [...steps, { step_id: stepId, op, body, done: false }]);
    setBusy(false);
    if (kept) setDraft((now) => (now === draft ? BLANK_STEP : now)); // the next one may be begun already
  };
  return (
    <form class="form step-form" onSubmit={(event) => void submit(event)}>
      <fieldset class="choices">
        <legend class="form-label">{t("host.rundown.add")}</legend>
        {KINDS.map((kind) => (
          <label key={kind.op} class="choice">
            <input
              type="radio"
              name="step-kind"
              data-testid={`step-kind-${kind.op}`}
              checked={kind.op === op}
              onChange={() => setOp(kind.op)}
            />
            <span>{t(kind.label)}</span>
          </label>
        ))}
      </fieldset>
      <StepFields op={op} draft={draft} change={(changes) => setDraft((before) => ({ ...before, ...changes }))} />
      <button type="submit" class="side-button" data-testid="step-add" aria-disabled={busy}>
        <Icon name="plus" /> {t("host.rundown.addStep")}
      </button>
    </form>
  );
}
