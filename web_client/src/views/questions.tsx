// Questions to the host, the most wanted first. Everybody may ask, and press for what others asked.
import { count, t } from "../i18n";
import { shownName } from "../names";
import { mostWanted } from "../store/asking";
import type { QuestionView } from "../wire/types.gen";
import { useFields, useRoom } from "./context";
import { Icon } from "./icons";
import { useLine } from "./line";

const TEXT_CHARACTERS_MAX = 200; // as server/wire/fields.py allows

export function Questions() {
  const { questions } = useFields("questions");
  const wanted = mostWanted(questions);
  return (
    <div class="questions">
      {wanted.length === 0 && <p class="empty">{t("questions.empty")}</p>}
      <ul data-testid="questions">
        {wanted.map((question) => (
          <QuestionItem key={question.question_id} question={question} />
        ))}
      </ul>
      <AskForm />
    </div>
  );
}

function QuestionItem({ question }: { question: QuestionView }) {
  const room = useRoom();
  const { upvoted, you } = useFields("upvoted", "you");
  const isMine = question.user_id === you?.user_id;
  const pressed = upvoted.has(question.question_id);
  return (
    <li class="question" data-testid="question">
      <div class="question-words">
        <p class="question-text">{question.text}</p>
        <p class="question-name">{isMine ? t("comments.me") : shownName(question.name)}</p>
      </div>
      <button
        type="button"
        class="upvote"
        data-testid="upvote"
        aria-pressed={pressed}
        aria-label={t("questions.upvote", { count: question.upvotes })}
        onClick={() => !pressed && void room.upvote(question.question_id)}
      >
        <Icon name="up" />
        {count(question.upvotes)}
      </button>
    </li>
  );
}

function AskForm() {
  const room = useRoom();
  const { text, setText, isBlank, submit } = useLine((line) => room.askHost(line));
  return (
    <form class="ask-form" onSubmit={submit}>
      <input
        class="field-input"
        data-testid="question-input"
        value={text}
        maxLength={TEXT_CHARACTERS_MAX}
        placeholder={t("questions.placeholder")}
        aria-label={t("questions.placeholder")}
        autocomplete="off"
        enterkeyhint="send"
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="main-button" data-testid="question-send" aria-disabled={isBlank}>
        {t("questions.ask")}
      </button>
    </form>
  );
}
