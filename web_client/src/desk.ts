// What a host's page knows and does beyond a viewer's: the house rules, the run-of-show, who is here,
// how the server is doing. The room itself stays in `room`; views call the methods below.
import { computed, effect, type Signal, signal } from "@preact/signals";

import { exported, getHealth, type HealthReply, putPicture } from "./api";
import { newId } from "./ids";
import { shownName } from "./names";
import type { LiveRoom } from "./room";
import { moved } from "./store/products";
import { toastRefusal, toastText, toastUndo } from "./toasts";
import type { Commands, CommentView, RulesReply, RundownReply, SetRules, StepBody, UserView, ViewersReply } from "./wire/types.gen";

const HEALTH_EVERY_MS = 5_000;
const LAG_WEIGHT = 0.3; // of the newest event in the running mean
type PersonOp = "mute" | "unmute" | "ban" | "unban" | "set_role";
export const MUTE_S = 600;

export class HostDesk {
  readonly room: LiveRoom;
  readonly rules: Signal<RulesReply | null> = signal(null);
  readonly rundown: Signal<RundownReply> = signal({ version: 0, steps: [] });
  readonly viewers: Signal<ViewersReply | null> = signal(null);
  readonly health: Signal<HealthReply | null> = signal(null);
  /** How long news takes from the server to this page. */
  readonly deliveryMs: Signal<number | null> = signal(null);
  #timer = 0;
  #last: Promise<boolean> = Promise.resolve(true); // change of a list

  constructor(room: LiveRoom) {
    this.room = room;
  }

  /** Follows the room until the returned function is called. */
  open(): () => void {
    const endListening = this.room.listen((message) => {
      // Numbered events may be told again after a drop, and say nothing of the way here.
      if (message[0] === "event" && message[2] === null) this.#timed(message[3]);
    });
    const toldVersion = computed(() => {
      const { connection, rundownVersion } = this.room.state.value;
      return connection.kind === "open" ? rundownVersion : null;
    });
    const endFollowing = effect(() => {
      const version = toldVersion.value;
      if (version === 0 || (version !== null && version !== this.rundown.peek().version)) void this.#loadRundown();
    });
    void this.#watchHealth();
    return () => {
      endListening();
      endFollowing();
      window.clearTimeout(this.#timer);
    };
  }

  #timed(atMs: number): void {
    const lagMs = Math.max(0, this.room.nowMs.peek() - atMs);
    const before = this.deliveryMs.peek() ?? lagMs;
    this.deliveryMs.value = Math.round(before + (lagMs - before) * LAG_WEIGHT);
  }

  async #watchHealth(): Promise<void> {
    if (!document.hidden) {
      const answer = await getHealth(this.room.roomId, this.room.token);
      this.health.value = answer.ok ? answer.body : null;
    }
    this.#timer = window.setTimeout(() => void this.#watchHealth(), HEALTH_EVERY_MS);
  }

  // The run-of-show.

  async #loadRundown(): Promise<void> {
    const answer = await this.room.quietly("rundown", {});
    if (answer.ok) this.rundown.value = answer.body;
  }

  /** True when it is kept; if another host was faster, theirs is shown. */
  changeSteps(change: (steps: readonly StepBody[]) => StepBody[]): Promise<boolean> {
    return this.#inTurn(() => this.#putSteps(change(this.rundown.value.steps)));
  }

  runStep(stepId: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const answer = await this.room.ask("run_step", { step_id: stepId });
      if (answer.ok) this.rundown.value = answer.body;
      return answer.ok;
    });
  }

  /** By one place; nothing happens at the end of the list. */
  moveProduct(productId: string, by: -1 | 1): Promise<boolean> {
    return this.#inTurn(async () => {
      const order = moved([...this.room.state.value.products.keys()], productId, by);
      return order !== null && this.room.orderProducts(order);
    });
  }

  /** One after the other: each is made of what the one before it left, else it would meet itself. */
  #inTurn(act: () => Promise<boolean>): Promise<boolean> {
    return (this.#last = this.#last.then(act, act));
  }

  async #putSteps(steps: StepBody[]): Promise<boolean> {
    const answer = await this.room.ask("put_rundown", { version: this.rundown.value.version, steps });
    if (answer.ok) this.rundown.value = answer.body;
    else await this.#loadRundown();
    return answer.ok;
  }

  // What is said.

  async removeComment(commentId: string): Promise<void> {
    const answer = await this.room.ask("remove_comment", { comment_id: commentId });
    if (answer.ok) toastText("toast.removed", "plain");
  }

  async pinComment(commentId: string | null): Promise<void> {
    await this.room.ask("pin_comment", { comment_id: commentId });
  }

  async announce(text: string): Promise<boolean> {
    const answer = await this.room.ask("announce", { text });
    if (answer.ok) toastText("toast.announced", "good");
    return answer.ok;
  }

  // People and rules.

  async loadRules(): Promise<void> {
    const answer = await this.room.quietly("rules", {});
    if (answer.ok) this.rules.value = answer.body;
  }

  async loadViewers(): Promise<void> {
    const answer = await this.room.quietly("viewers", {});
    if (answer.ok) this.viewers.value = answer.body;
  }

  async setRules(rules: SetRules): Promise<boolean> {
    const answer = await this.room.ask("set_rules", rules);
    if (answer.ok) this.rules.value = answer.body;
    return answer.ok;
  }

  async mute(userId: string): Promise<void> {
    if (!(await this.#changed("mute", { user_id: userId, duration_s: MUTE_S }))) return;
    toastUndo("toast.muted", () => void this.unmute(userId));
  }

  async unmute(userId: string): Promise<void> {
    if (await this.#changed("unmute", { user_id: userId })) toastText("toast.unmuted", "plain");
  }

  async ban(userId: string): Promise<void> {
    if (!(await this.#changed("ban", { user_id: userId }))) return;
    toastUndo("toast.banned", () => void this.unban(userId));
  }

  async unban(userId: string): Promise<void> {
    if (await this.#changed("unban", { user_id: userId })) toastText("toast.unbanned", "plain");
  }

  async setRole(userId: string, role: "assistant" | "viewer"): Promise<void> {
    if (!(await this.#changed("set_role", { user_id: userId, role }))) return;
    const back = role === "assistant" ? "viewer" : "assistant";
    toastUndo(role === "assistant" ? "toast.assistant" : "toast.noAssistant", () => void this.setRole(userId, back));
  }

  async #changed<O extends PersonOp>(op: O, body: Commands[O]): Promise<boolean> {
    const answer = await this.room.ask(op, body);
    if (answer.ok) await Promise.all([this.loadRules(), this.viewers.peek() === null ? null : this.loadViewers()]);
    return answer.ok;
  }

  /** What a user is called, as far as this page has heard; else the end of the id. */
  nameOf(userId: string): string {
    const said: (CommentView | UserView)[] = [...this.room.state.value.comments, ...(this.viewers.value?.viewers ?? [])];
    const name = said.find((one) => one.user_id === userId)?.name;
    return name === undefined ? `…${userId.slice(-6)}` : shownName(name);
  }

  // Files.

  /** Where the picture is shown from now on; null when it was refused, which has been said. */
  async upload(file: Blob): Promise<string | null> {
    const answer = await putPicture(this.room.roomId, this.room.token, file);
    if (answer.ok) return answer.body.picture_url;
    toastRefusal(answer.error);
    return null;
  }

  /** The room's orders or comments as CSV; null when they were refused, which has been said. */
  async exported(what: "orders" | "comments"): Promise<Blob | null> {
    const answer = await exported(this.room.roomId, this.room.token, what);
    if (answer.ok) return answer.body;
    toastRefusal(answer.error);
    return null;
  }

  newShortId(prefix: string): string {
    return `${prefix}-${newId(this.room.nowMs.peek()).slice(-12)}`;
  }
}
