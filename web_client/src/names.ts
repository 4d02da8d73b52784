// What people are called on the page. The server calls a guest who gave no name "guest 3f2a"
// (server/http/rooms.py: if you change it there, change it here); the page says it in its own language.
import { t } from "./i18n";

const UNNAMED = /^guest (\w{4})$/;

export function shownName(name: string): string {
  const id = UNNAMED.exec(name)?.[1];
  return id === undefined ? name : t("name.guest", { id });
}
