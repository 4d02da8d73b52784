// Lists as a person types them into one box: each on a line of its own.

/** The lines that have something in them, each once. */
export function linesOf(text: string): string[] {
  return [...new Set(text.split(/[\n\r]+/).map((line) => line.trim()))].filter((line) => line !== "");
}
