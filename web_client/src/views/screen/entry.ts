// What opening the live data screen loads: its texts, its styles and the page.
import { alsoSay } from "../../i18n";
import { hostEn } from "../../i18n/host/en";
import { hostZh } from "../../i18n/host/zh";
import "../../styles/host_side.css";
import "../../styles/screen.css";

alsoSay({ zh: hostZh, en: hostEn });

export { ScreenPage } from "./page";
