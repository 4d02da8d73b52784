// The desk that every part of the host's panel works at.
import { createContext } from "preact";
import { useContext } from "preact/hooks";

import type { HostDesk } from "../../desk";

const DeskContext = createContext<HostDesk | null>(null);
export const DeskProvider = DeskContext.Provider;

export function useDesk(): HostDesk {
  const desk = useContext(DeskContext);
  if (desk === null) throw new Error("no desk around this view");
  return desk;
}
