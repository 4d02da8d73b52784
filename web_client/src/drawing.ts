// When the page is drawn: once a frame, however many comments come in it (a hidden page draws nothing
// until it is looked at), and before whatever a person does next. Else the second tap of two in one
// frame would be taken by what the page was before the first, and one double tap would buy twice.
import { options } from "preact";

// Nothing is drawn later in a press or a key: the browser has changed the box itself by then, and
// drawing would put back what our own state still says. Nor is it drawn earlier than need be: what has
// come from the server may move a button away under the finger.
const BEGINNINGS = ["pointerdown", "keydown"];
const DEEDS = ["keydown", "input", "click"];

export function drawEachFrame(): void {
  let waiting: (() => void) | null = null;
  let isDone = false; // something, by a person, since the last frame
  const draw = () => {
    const drawing = waiting;
    waiting = null;
    isDone = false;
    drawing?.();
  };
  options.debounceRendering = (drawing) => {
    waiting = drawing;
    requestAnimationFrame(draw);
  };
  const done = () => {
    isDone = true;
    requestAnimationFrame(draw);
  };
  const first = { capture: true };
  for (const kind of BEGINNINGS) document.addEventListener(kind, () => isDone && draw(), first);
  for (const kind of DEEDS) document.addEventListener(kind, done, first);
}
