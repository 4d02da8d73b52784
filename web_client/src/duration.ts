// A time left, as people read it. Rounded up, so that "0:00" means it is over.

export function clockText(leftMs: number): string {
  const all = Math.max(0, Math.ceil(leftMs / 1000));
  const hours = Math.floor(all / 3600);
  const minutes = Math.floor((all % 3600) / 60);
  const seconds = String(all % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
}
