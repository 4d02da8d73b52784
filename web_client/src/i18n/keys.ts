// The keys every language must have, from the Chinese texts.
import type { zh } from "./zh";

export type Key = keyof typeof zh;
export type Texts = Readonly<Record<Key, string>>;
