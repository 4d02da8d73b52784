// What just happened to something you did, over everything else, and read aloud.
import { t } from "../i18n";
import { dismiss, toasts } from "../toasts";

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <button
          key={toast.id}
          type="button"
          class="toast"
          data-testid="toast"
          data-tone={toast.tone}
          data-key={toast.key}
          onClick={() => dismiss(toast.id)}
        >
          {t(toast.key, toast.field === null ? {} : { field: t(toast.field) })}
        </button>
      ))}
    </div>
  );
}
