// The keys every language must have, from the Chinese texts: those of every page, and the host's.
import type { hostZh } from "./host/zh";
import type { zh } from "./zh";

type ViewerKey = keyof typeof zh;
type HostKey = keyof typeof hostZh;
export type Key = ViewerKey | HostKey;
export type Texts = Readonly<Record<ViewerKey, string>>;
export type HostTexts = Readonly<Record<HostKey, string>>;
