// A panel over the page: from the bottom on a phone, in the middle on a desk. The browser's own
// modal dialog, so focus stays inside, Escape closes and the rest of the page is out of reach.
// A modal covers everything outside it, so toasts move inside while one is open.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";

import { t } from "../i18n";
import { Icon } from "./icons";
import { Toasts } from "./toasts";

const openSheets = signal(0);

interface SheetProps {
  title: string;
  testid: string;
  onClose: () => void;
  children: ComponentChildren;
}

export function Sheet({ title, testid, onClose, children }: SheetProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // Before it is painted: a key pressed as soon as it is seen is for it. Closing gives the focus back.
  useLayoutEffect(() => {
    const modal = dialog.current;
    modal?.showModal();
    openSheets.value += 1;
    return () => {
      openSheets.value -= 1;
      modal?.close();
    };
  }, []);
  // The browser would close it first and tell us later: whoever opens it again in between would see
  // the new one closed by that late message.
  const cancel = (event: Event) => {
    if (event.target !== dialog.current) return; // of a file chooser that was put away
    event.preventDefault();
    onClose();
  };
  const closed = () => {
    if (dialog.current !== null) onClose(); // else it is us who closed it
  };
  return (
    <dialog
      ref={dialog}
      class="sheet"
      data-testid={testid}
      aria-labelledby={titleId}
      onCancel={cancel}
      onClose={closed}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div class="sheet-body">
        <header class="sheet-header">
          <h2 id={titleId} tabIndex={-1} autofocus>
            {title}
          </h2>
          <button
            type="button"
            class="icon-button"
            data-testid="sheet-close"
            aria-label={t("sheet.close")}
            onClick={onClose}
          >
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
      <Toasts />
    </dialog>
  );
}

/** The page's own toasts, except while a sheet shows them. */
export function PageToasts() {
  return openSheets.value === 0 ? <Toasts /> : null;
}
