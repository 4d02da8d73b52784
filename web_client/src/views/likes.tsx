// Likes: a button, a double tap on the video, and hearts that rise where they were pressed. Hearts
// of others rise from the button, a few at a time. With reduced motion only the number moves.
import { useSignalEffect } from "@preact/signals";
import type { RefObject } from "preact";
import { useRef } from "preact/hooks";

import { count, t } from "../i18n";
import { prefersStillness, useFields, useRoom } from "./context";
import { Icon } from "./icons";

const ALIVE_MAX = 40;
const OTHERS_PER_DELTA_MAX = 6;
const RISE_MS = 1_400;
const SVG = "http://www.w3.org/2000/svg";
const HEART = "M12 20.3 4.6 13a5 5 0 0 1 7.1-7.1l.3.3.3-.3A5 5 0 0 1 19.4 13Z";
const TINTS = 4;

/** The layer over the stage in which hearts rise. */
export function useBursts(): { layer: RefObject<HTMLDivElement | null>; burst: (x: number, y: number) => void } {
  const layer = useRef<HTMLDivElement>(null);
  const burst = (x: number, y: number) => {
    const ground = layer.current;
    if (ground === null || prefersStillness() || ground.childElementCount >= ALIVE_MAX) return;
    const box = ground.getBoundingClientRect();
    rise(ground, x - box.left, y - box.top);
  };
  return { layer, burst };
}

function rise(ground: HTMLElement, x: number, y: number): void {
  const heart = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", HEART);
  heart.setAttribute("viewBox", "0 0 24 24");
  heart.setAttribute("class", `burst burst-${Math.floor(Math.random() * TINTS)}`);
  heart.append(path);
  ground.append(heart);
  const drift = (Math.random() - 0.5) * 90;
  const at = (dx: number, dy: number, scale: number) => `translate(${x + dx}px, ${y + dy}px) scale(${scale})`;
  const frames = [
    { transform: at(0, 0, 0.4), opacity: 0 },
    { transform: at(drift * 0.2, -36, 1.15), opacity: 1, offset: 0.18 },
    { transform: at(drift, -170 - Math.random() * 90, 0.9), opacity: 0 },
  ];
  const rising = heart.animate(frames, { duration: RISE_MS, easing: "ease-out" });
  rising.onfinish = () => heart.remove();
}

/** Counts a press once, shows it at once. */
export function LikeButton({ burst }: { burst: (x: number, y: number) => void }) {
  const room = useRoom();
  const button = useRef<HTMLButtonElement>(null);
  const heard = useRef(room.state.value.likesHeard);
  const fromButton = () => {
    const box = button.current?.getBoundingClientRect();
    if (box !== undefined) burst(box.left + box.width / 2, box.top);
  };
  useSignalEffect(() => {
    const arrived = room.state.value.likesHeard - heard.current;
    heard.current = room.state.value.likesHeard;
    for (let heart = 0; heart < Math.min(arrived, OTHERS_PER_DELTA_MAX); heart += 1) {
      window.setTimeout(fromButton, heart * 120);
    }
  });
  const total = useFields("likesTotal").likesTotal;
  return (
    <button
      ref={button}
      type="button"
      class="like-button"
      data-testid="like-button"
      aria-label={t("like.label", { count: total })}
      onClick={() => {
        room.like();
        fromButton();
      }}
    >
      <Icon name="heart" />
      <span data-testid="likes-total" data-total={total}>
        {count(total)}
      </span>
    </button>
  );
}

/** A double tap, by finger or mouse; every further tap in the same run counts as well. */
export function useDoubleTap(onTap: (x: number, y: number) => void): (event: PointerEvent) => void {
  const lastTapMs = useRef(-Infinity);
  return (event) => {
    const isRun = event.timeStamp - lastTapMs.current < 300;
    lastTapMs.current = event.timeStamp;
    if (isRun) onTap(event.clientX, event.clientY);
  };
}
