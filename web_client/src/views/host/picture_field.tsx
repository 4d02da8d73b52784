// A product's picture: taken from this computer, or by its address.
import { useState } from "preact/hooks";

import { t } from "../../i18n";
import { toastText } from "../../toasts";
import { Picture } from "../parts";
import { useDesk } from "./context";
import { Field } from "./field";

const TAKEN = "image/jpeg,image/png,image/webp";
const BYTES_MAX = 8_388_608; // as the server takes; a larger one would only be cut off

export function PictureField({ url, onUrl }: { url: string; onUrl: (url: string) => void }) {
  const desk = useDesk();
  const [busy, setBusy] = useState(false);
  const take = async (file: File | undefined) => {
    if (file === undefined) return;
    if (file.size > BYTES_MAX) {
      toastText("refusal.TOO_LARGE", "bad");
      return;
    }
    setBusy(true);
    const kept = await desk.upload(file);
    setBusy(false);
    if (kept !== null) onUrl(kept);
  };
  return (
    <div class="picture-field" aria-busy={busy}>
      <Picture url={url.trim() === "" ? null : url.trim()} title="" />
      <div class="picture-ways">
        <label class="side-button file-button">
          {t(busy ? "host.picture.sending" : "host.picture.choose")}
          <input
            type="file"
            class="unseen"
            accept={TAKEN}
            data-testid="form-picture-file"
            onChange={(event) => void take(event.currentTarget.files?.[0])}
          />
        </label>
        <Field label="host.form.picture" testid="form-picture" value={url} onValue={onUrl} required={false} />
      </div>
    </div>
  );
}
