// What just happened to something you did, over everything else, and read aloud.
import { t } from "../i18n";
import { dismiss, type Toast, toasts } from "../toasts";

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <OneToast key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function OneToast({ toast }: { toast: Toast }) {
  const text = t(toast.key, toast.field === null ? {} : { field: t(toast.field) });
  const { id, undo } = toast;
  const shown = { "data-testid": "toast", "data-tone": toast.tone, "data-key": toast.key };
  if (undo === null) {
    return (
      <button type="button" class="toast" {...shown} onClick={() => dismiss(id)}>
        {text}
      </button>
    );
  }
  const takeBack = () => {
    dismiss(id);
    undo();
  };
  return (
    <p class="toast" {...shown}>
      {text}{" "}
      <button type="button" class="toast-undo" data-testid="toast-undo" onClick={takeBack}>
        {t("toast.undo")}
      </button>
    </p>
  );
}
