import { LEVELS, type Level } from "../../message/convention.js";

/** What is being written: by a form for our convention, or as JSON. Both are kept, so that a tab can be gone back to. */
export interface MessageDraft {
  readonly as: "form" | "json";
  readonly title: string;
  readonly body: string;
  readonly level: Level;
  readonly url: string;
  readonly urlLabel: string;
  readonly json: string;
}

export const NO_MESSAGE: MessageDraft = {
  as: "form",
  title: "",
  body: "",
  level: "info",
  url: "",
  urlLabel: "",
  json: "",
};

/** A draft's message, or why there is none: nothing is written, or it is no JSON. */
export type Written =
  | { readonly is: "message"; readonly message: unknown }
  | { readonly is: "empty" }
  | { readonly is: "unreadable"; readonly detail: string };

/** The message that a draft stands for. Members that are empty are left out. */
export function written(draft: MessageDraft): Written {
  if (draft.as === "json") return readJson(draft.json);
  const [title, body, url, label] = [draft.title, draft.body, draft.url, draft.urlLabel].map(text => text.trim());
  if (!title && !body) return { is: "empty" };
  const link = url ? { url, ...(label && { url_label: label }) } : {};
  return { is: "message", message: { ...(title && { title }), ...(body && { body }), level: draft.level, ...link } };
}

/** The draft with its message as JSON. What the form has is written out; an empty form leaves the JSON as it was. */
export function asJson(draft: MessageDraft): MessageDraft {
  const it = written({ ...draft, as: "form" });
  const json = it.is === "message" ? JSON.stringify(it.message, null, 2) : draft.json;
  return { ...draft, as: "json", json };
}

/**
 * The draft with its message in the form; null if the JSON says what the form cannot: another kind of value, a member that
 * it does not have, a level that is none.
 */
export function asForm(draft: MessageDraft): MessageDraft | null {
  const it = readJson(draft.json);
  if (it.is === "empty") return { ...draft, as: "form" };
  if (it.is === "unreadable") return null;
  if (typeof it.message === "string") return { ...NO_MESSAGE, json: draft.json, body: it.message };
  const fields = formFields(it.message);
  return fields === null ? null : { ...NO_MESSAGE, ...fields, json: draft.json };
}

const TEXTS: Readonly<Record<string, "title" | "body" | "url" | "urlLabel">> = {
  title: "title",
  body: "body",
  url: "url",
  url_label: "urlLabel",
};

function formFields(message: unknown): Partial<MessageDraft> | null {
  if (typeof message !== "object" || message === null || Array.isArray(message)) return null;
  const fields: { -readonly [Name in keyof MessageDraft]?: MessageDraft[Name] } = {};
  for (const [member, value] of Object.entries(message)) {
    const text = TEXTS[member];
    if (text !== undefined && typeof value === "string") fields[text] = value;
    else if (member === "level" && LEVELS.includes(value as Level)) fields.level = value as Level;
    else return null;
  }
  return fields;
}

function readJson(text: string): Written {
  if (text.trim() === "") return { is: "empty" };
  try {
    return { is: "message", message: JSON.parse(text) };
  } catch (error) {
    return { is: "unreadable", detail: error instanceof Error ? error.message : String(error) };
  }
}
