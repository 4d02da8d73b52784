// One line that is typed and sent. The box is empty at once, for the next line and so that a second
// press sends nothing; what was refused comes back, before what was typed meanwhile.
import type { TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";

interface Line {
  text: string;
  setText: (text: string) => void;
  isBlank: boolean;
  submit: (event: TargetedSubmitEvent<HTMLFormElement>) => void;
}

/** `send` says whether the room took it. */
export function useLine(send: (line: string) => Promise<boolean>): Line {
  const [text, setText] = useState("");
  const line = text.trim();
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (line === "") return;
    setText("");
    void send(line).then((taken) => {
      if (!taken) setText((typed) => `${line} ${typed}`.trimEnd());
    });
  };
  return { text, setText, isBlank: line === "", submit };
}
