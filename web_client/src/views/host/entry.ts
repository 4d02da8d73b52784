// What opening the host's panel loads: its texts, its styles and the page.
import { alsoSay } from "../../i18n";
import { hostEn } from "../../i18n/host/en";
import { hostZh } from "../../i18n/host/zh";
import "../../styles/host.css";
import "../../styles/host_products.css";
import "../../styles/host_rundown.css";
import "../../styles/host_side.css";

alsoSay({ zh: hostZh, en: hostEn });

export { HostPage } from "./page";
