/** How loudly a terminal shows a message. */
export type Level = "info" | "warning" | "critical";

export const LEVELS: readonly Level[] = ["info", "warning", "critical"];

/**
 * What a terminal makes of a message, which may be any JSON value. `card` is our convention: an object with a `title` or a
 * `body`, and perhaps `level`, `url` and `url_label`; a bare string is a card without a title. The rest is shown as JSON.
 */
export type Shown =
  | {
      readonly as: "card";
      readonly title: string | null;
      readonly body: string | null;
      readonly level: Level;
      readonly link: { readonly href: string; readonly label: string } | null;
    }
  | { readonly as: "json"; readonly text: string };

/** Reads a message as a terminal does. Never raises: whatever it is, something can be shown. */
export function shown(message: unknown): Shown {
  if (typeof message === "string") return { as: "card", title: null, body: message, level: "info", link: null };
  if (isObject(message)) {
    const [title, body] = [textOf(message["title"]), textOf(message["body"])];
    if (title !== null || body !== null) {
      return { as: "card", title, body, level: levelOf(message["level"]), link: linkOf(message) };
    }
  }
  return { as: "json", text: JSON.stringify(message, null, 2) ?? "" };
}

/** The address if a terminal may open it: `http` or `https`; else null, as for `javascript:` and for what is no address. */
export function safeUrl(text: string): string | null {
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value : null;
}

/** What is no level of ours is none that should alarm anybody. */
function levelOf(value: unknown): Level {
  return LEVELS.find(level => level === value) ?? "info";
}

function linkOf(message: Record<string, unknown>): { href: string; label: string } | null {
  const url = textOf(message["url"]);
  const href = url === null ? null : safeUrl(url);
  if (href === null) return null;
  return { href, label: textOf(message["url_label"]) ?? new URL(href).host };
}
