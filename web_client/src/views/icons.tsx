// The few icons there are, drawn as strokes in the colour of the text around them.

const PATHS = {
  heart: "M12 20.3 4.6 13a5 5 0 0 1 7.1-7.1l.3.3.3-.3A5 5 0 0 1 19.4 13Z",
  more: "M5.5 12h.01M12 12h.01M18.5 12h.01",
  up: "M12 19V5M6 11l6-6 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  edit: "M4 20l1-4.5L16.5 4 20 7.5 8.5 19ZM14 6.5 17.5 10",
  check: "M5 12.5 10 17.5 19.5 7",
  chart: "M4 4v16h16M8 16v-5M12.5 16V7.5M17 16v-7",
  download: "M12 4v11M7 10.5l5 5 5-5M5 20h14",
  bag: "M5.5 8h13l1 12h-15ZM9 8V6.5a3 3 0 0 1 6 0V8",
  orders: "M6 3.5h12v17l-3-2-3 2-3-2-3 2ZM9 8.5h6M9 12.5h6",
  send: "M4 12 20 4.5 15.5 20l-4-6.5ZM11.5 13.5 20 4.5",
  sound: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5ZM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
  silent: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5ZM16 9.5l5 5M21 9.5l-5 5",
  close: "M6 6l12 12M18 6 6 18",
  pin: "M9 4h6l-.6 6 3.1 3.5h-11L9.6 10ZM12 13.5V20.5",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 9.3a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4Z",
  play: "M8 5.5v13l10.5-6.5Z",
  plus: "M12 5v14M5 12h14",
  share: "M12 15V4M8 7.5 12 3.5l4 4M6 11H5v9.5h14V11h-1",
  question: "M4 5h16v11.5h-8L7.5 20v-3.5H4ZM10 9.2a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.3M12 14.3v.1",
  small: "M3.5 5h17v14h-17ZM12.5 12.5h5.5v4h-5.5Z",
  bell: "M6 16.5v-6a6 6 0 0 1 12 0v6l1.5 2h-15ZM10 20.5h4",
  box: "M4 8l8-4.2L20 8v8l-8 4.2L4 16ZM4 8l8 4.2L20 8M12 12.2v8",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The mark of the house: a K opening like a curtain, and the light that says "on air". */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect class="mark-ground" width="32" height="32" rx="9" />
      <path class="mark-stroke" d="M10 7.5v17M10 17l9.5-9.5M13.5 13.8 21 24.5" />
      <circle class="mark-light" cx="24.2" cy="8" r="2.6" />
    </svg>
  );
}
