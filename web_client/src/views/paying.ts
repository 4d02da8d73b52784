// Paying, with the show going on: the picture goes into a small window and the pay page into another
// tab. Where there is no picture, or no small window, the pay page takes this tab, as it did.
//
// A browser gives one press one privilege. The small window uses it up, so a strict browser may then
// refuse the tab; the order shows a link to the same page instead, and pressing that is a new press.
import { signal } from "@preact/signals";

import type { LiveRoom } from "../room";
import { openPanel } from "./panel";
import type { Player } from "./player";

/** The pay page that is open beside the room, or that waits to be opened. */
export interface PayPage {
  reservationId: string;
  url: string;
  isOpen: boolean;
}

export const payPage = signal<PayPage | null>(null);
/** The last order whose pay page was beside the room: its buyer may still be on the way back. */
export const lastBeside = signal<string | null>(null);

export async function pay(room: LiveRoom, player: Player | null, reservationId: string): Promise<void> {
  const wasSmall = player?.isSmall.value === true;
  const shrinking = player?.shrink(); // in the press itself: later no browser allows it
  const [url, isSmall] = await Promise.all([room.till.pay(reservationId), shrinking]);
  if (url === null) {
    if (!wasSmall) await player?.grow();
    return;
  }
  if (isSmall !== true) {
    location.assign(url);
    return;
  }
  payPage.value = { reservationId, url, isOpen: openBeside(url) };
  lastBeside.value = reservationId;
  openPanel("orders");
}

/** The pay page was opened by its link, or is asked for again. */
export function payPageOpened(): void {
  if (payPage.value !== null) payPage.value = { ...payPage.value, isOpen: true };
}

/** The order is no longer to be paid: the picture comes back. */
export async function donePaying(player: Player): Promise<void> {
  payPage.value = null;
  await player.grow();
}

function openBeside(url: string): boolean {
  const tab = window.open(url, "_blank");
  if (tab === null) return false;
  tab.opener = null; // the pay page has no business with this one
  return true;
}
