import { shown } from "../../message/convention.js";

/** What a message is about, on one line of at most `length` characters; null where it has no words of its own. */
export function headline(message: unknown, length = 120): string | null {
  const card = shown(message);
  if (card.as === "json") return null;
  const [line = ""] = (card.title ?? card.body ?? "").trim().split(/\r?\n/);
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}
