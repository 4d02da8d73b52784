// When the page is drawn: once a frame, however many comments come in it (a hidden page draws nothing
// until it is looked at), and before whatever a person does next. Else the second tap of two in one
// frame would be taken by what the page was before the first, and one double tap would buy twice.
import { options } from "preact";

// Only these: by the time of a click or an input, the browser has changed the box itself already, and
// drawing would put back what our own state still says.
const BEGINNINGS = ["pointerdown", "keydown"];

export function drawEachFrame(): void {
  let waiting: (() => void) | null = null;
  const draw = () => {
    const drawing = waiting;
    waiting = null;
    drawing?.();
  };
  options.debounceRendering = (drawing) => {
    waiting = drawing;
    requestAnimationFrame(draw);
  };
  for (const kind of BEGINNINGS) document.addEventListener(kind, draw, { capture: true });
}
