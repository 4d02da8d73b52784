// The run-of-show as a list: what comes next, and the list after a change. Pure.
import type { StepBody } from "./wire/types.gen";

export type StepOp = StepBody["op"];

/** The first step that is not done, or null when all are. */
export function nextStep(steps: readonly StepBody[]): StepBody | null {
  return steps.find((step) => step.done !== true) ?? null;
}

export function doneCount(steps: readonly StepBody[]): number {
  return steps.filter((step) => step.done === true).length;
}

export function without(steps: readonly StepBody[], stepId: string): StepBody[] {
  return steps.filter((step) => step.step_id !== stepId);
}

/** With one step moved by one place; the same list when it is at the end already. */
export function shifted(steps: readonly StepBody[], stepId: string, by: -1 | 1): StepBody[] {
  const from = steps.findIndex((step) => step.step_id === stepId);
  const step = steps[from];
  const to = from + by;
  if (step === undefined || to < 0 || to >= steps.length) return [...steps];
  const others = without(steps, stepId);
  return [...others.slice(0, to), step, ...others.slice(to)];
}

/** With one step ticked, or no longer. */
export function ticked(steps: readonly StepBody[], stepId: string, done: boolean): StepBody[] {
  return steps.map((step) => (step.step_id === stepId ? { ...step, done } : step));
}
