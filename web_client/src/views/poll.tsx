// The host's poll: press an answer, then see what the others think. The counts are the server's; who
// voted for what is told to nobody.
import { count, t } from "../i18n";
import { ownVote, shares, shownPoll } from "../store/asking";
import type { PollView } from "../wire/types.gen";
import { useFields, useRoom } from "./context";
import { Icon } from "./icons";

export function PollCard() {
  const room = useRoom();
  const state = useFields("poll", "pollPutAway", "vote");
  const poll = shownPoll(state);
  if (poll === null) return null;
  const mine = ownVote(state, poll);
  const votes = poll.votes.reduce((sum, each) => sum + each, 0);
  return (
    <section class="poll" data-testid="poll" data-closed={poll.closed} aria-label={t("poll.label")}>
      <header class="poll-head">
        <h2 class="poll-question">{poll.question}</h2>
        <button type="button" class="notice-close" data-testid="poll-close" aria-label={t("poll.close")} onClick={() => room.putPollAway()}>
          <Icon name="close" />
        </button>
      </header>
      <ul class="poll-options">
        {poll.options.map((option, index) => (
          <PollOption key={option} poll={poll} index={index} mine={mine} />
        ))}
      </ul>
      <p class="poll-foot" data-testid="poll-votes">
        {t(poll.closed ? "poll.closed" : "poll.votes", { count: count(votes) })}
      </p>
    </section>
  );
}

/** A button while one may vote; after that a bar. */
function PollOption({ poll, index, mine }: { poll: PollView; index: number; mine: number | null }) {
  const room = useRoom();
  const option = poll.options[index] ?? "";
  const share = shares(poll)[index] ?? 0;
  const isMine = mine === index;
  if (mine === null && !poll.closed) {
    return (
      <li>
        <button type="button" class="poll-option" data-testid={`poll-option-${index}`} onClick={() => void room.vote(poll.poll_id, index)}>
          {option}
        </button>
      </li>
    );
  }
  return (
    <li class="poll-option poll-result" data-testid={`poll-result-${index}`} data-mine={isMine} style={{ "--share": `${share * 100}%` }}>
      <span class="poll-words">
        {option}
        {isMine && <span class="comment-badge comment-badge-me">{t("poll.mine")}</span>}
      </span>
      <span class="poll-share">{Math.round(share * 100)}%</span>
    </li>
  );
}
