// Talking to the room: an announcement, a poll with its result as it comes, and what viewers ask.
import type { TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";

import { count, t } from "../../i18n";
import { shownName } from "../../names";
import { mostWanted, shares } from "../../store/asking";
import type { PollView } from "../../wire/types.gen";
import { useLine } from "../line";
import { AskAgain } from "./ask_again";
import { useDesk } from "./context";
import { Field } from "./field";
import { linesOf } from "./words";

export function HostTalk() {
  return (
    <div class="column-scroll side-parts">
      <AnnounceForm />
      <Poll />
      <Questions />
    </div>
  );
}

function AnnounceForm() {
  const desk = useDesk();
  const { text, setText, submit } = useLine((line) => desk.announce(line));
  return (
    <form class="side-part" onSubmit={submit}>
      <h3 class="side-title">{t("host.announce")}</h3>
      <Field label="host.announce.text" testid="announce-text" value={text} onValue={setText} />
      <button type="submit" class="side-button" data-testid="announce-send">
        {t("host.announce.send")}
      </button>
    </form>
  );
}

function Poll() {
  const { poll } = useDesk().room.state.value;
  return (
    <div class="side-part">
      <h3 class="side-title">{t("host.poll")}</h3>
      {poll !== null && <PollResult poll={poll} />}
      {(poll === null || poll.closed) && <PollForm />}
    </div>
  );
}

function PollResult({ poll }: { poll: PollView }) {
  const desk = useDesk();
  const share = shares(poll);
  const votes = poll.votes.reduce((sum, one) => sum + one, 0);
  return (
    <div data-testid="host-poll" data-closed={poll.closed}>
      <p class="poll-asked">{poll.question}</p>
      <ul>
        {poll.options.map((option, index) => (
          <li key={option} class="poll-row" style={{ "--share": `${(share[index] ?? 0) * 100}%` }}>
            <span class="poll-choice">{option}</span>
            <b data-testid={`poll-votes-${index}`}>{count(poll.votes[index] ?? 0)}</b>
          </li>
        ))}
      </ul>
      <p class="side-note">
        {t(poll.closed ? "host.poll.closed" : "host.poll.open", { count: count(votes) })}
      </p>
      {!poll.closed && (
        <AskAgain testid="poll-close" act={() => void desk.room.ask("close_poll", { poll_id: poll.poll_id })}>
          {t("host.poll.close")}
        </AskAgain>
      )}
    </div>
  );
}

function PollForm() {
  const desk = useDesk();
  const [question, setQuestion] = useState("");
  const [options, setOptions] = useState("");
  const [pollId, setPollId] = useState(() => desk.newShortId("poll"));
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const body = { poll_id: pollId, question: question.trim(), options: linesOf(options) };
    if (!(await desk.room.ask("open_poll", body)).ok) return;
    setQuestion("");
    setOptions("");
    setPollId(desk.newShortId("poll"));
  };
  return (
    <form class="form" onSubmit={(event) => void submit(event)}>
      <Field label="host.poll.question" testid="poll-question" value={question} onValue={setQuestion} />
      <label class="field">
        <span class="form-label">{t("host.poll.options")}</span>
        <textarea
          class="field-input"
          data-testid="poll-options"
          rows={3}
          required
          value={options}
          onInput={(event) => setOptions(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="side-button" data-testid="poll-open">
        {t("host.poll.start")}
      </button>
    </form>
  );
}

function Questions() {
  const desk = useDesk();
  const questions = mostWanted(desk.room.state.value.questions);
  return (
    <div class="side-part">
      <h3 class="side-title">{t("host.questions")}</h3>
      {questions.length === 0 && <p class="side-note">{t("host.questions.none")}</p>}
      <ul>
        {questions.map((question) => (
          <li key={question.question_id} class="question-row" data-testid="host-question">
            <b class="question-votes">{count(question.upvotes)}</b>
            <span class="question-words">
              {question.text} <span class="comment-name">{shownName(question.name)}</span>
            </span>
            <button
              type="button"
              class="side-button"
              data-testid="question-answer"
              onClick={() => void desk.room.ask("answer_question", { question_id: question.question_id })}
            >
              {t("host.questions.done")}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
