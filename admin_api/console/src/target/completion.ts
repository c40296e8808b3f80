import { NAME_KINDS, type NameKind, type Value } from "./expression.js";
import { TargetFault } from "./fault.js";
import { expectedAfter } from "./parse.js";
import { tokensOf, writtenAttribute, writtenName, writtenValue } from "./tokens.js";

/** Something that is there, and how many connections have it. */
export interface Counted<T> {
  readonly value: T;
  readonly connections: number;
}

/** What is there to be named: what completion offers beside the words of the language. */
export interface Vocabulary {
  readonly names: Readonly<Record<NameKind, readonly Counted<string>[]>>;
  readonly attributes: ReadonlyMap<string, readonly Counted<Value>[]>;
}

export const NO_VOCABULARY: Vocabulary = {
  names: { user: [], group: [], terminal: [], connection: [] },
  attributes: new Map(),
};

/** `word`: of the language, `sign`: of a comparison or a list, `kind`: `group:` and its like. */
export type OptionSort = "word" | "sign" | "kind" | "name" | "attribute" | "value";

export interface Option {
  readonly sort: OptionSort;
  /** As it is shown, and as it stands in the text. */
  readonly label: string;
  /** What is put there: with the blanks around it. */
  readonly inserted: string;
  /** Connections that have it; null where that is no question. */
  readonly connections: number | null;
}

export interface Completion {
  /** Where what is replaced begins, in UTF-16 units; it ends at the cursor. */
  readonly from: number;
  /** Best first. */
  readonly options: readonly Option[];
}

const MOST = 60;
/** The order of what can begin a clause: the common first. */
const BEGINNINGS = ["group:", "user:", "an attribute", "not", "has", "(", "all", "terminal:", "connection:"];

/** What can stand at the cursor, `offset` UTF-16 units into `text`; null where nothing is known. */
export function completionAt(text: string, offset: number, vocabulary: Vocabulary): Completion | null {
  const { from, typed, quoting } = beingTyped(text.slice(0, offset));
  const before = text.slice(0, from);
  const { expected, context } = expectedAfter(before);
  const blank = before === "" || /[\s(:]$/.test(before) ? "" : " ";
  const word = (sort: OptionSort, label: string, after = " "): Option => ({
    ...{ sort, label, connections: null },
    inserted: `${blank}${label}${after}`,
  });
  const ordered = expected.includes("an attribute") && expected.length > 1 ? BEGINNINGS : expected;
  const options = ordered.flatMap((each): Option[] => {
    if (each === "a name") return context.kind === null ? [] : names(vocabulary, context.kind);
    if (each === "a value") return values(vocabulary, context.attribute);
    if (each === "an attribute") return attributes(vocabulary);
    if (each.endsWith(":")) return [word("kind", each, "")];
    if (each === "(") return [word("sign", each, "")];
    if (each === ")" || each === ",") return [{ ...word("sign", each), inserted: each === "," ? ", " : ")" }];
    if (/^[a-z]+$/.test(each)) return [word("word", each, each === "all" ? "" : " ")];
    return /^[!<>=]+$/.test(each) ? [word("sign", each)] : [];
  });
  // Who types the name of a group where a clause begins, means the group.
  if (typed !== "" && ordered === BEGINNINGS) {
    for (const { label, connections } of names(vocabulary, "group").slice(0, MOST)) {
      options.push({ sort: "name", label: `group:${label}`, inserted: `group:${label}`, connections });
    }
  }
  const found = matching(options, typed, quoting);
  if (found.length === 0 || (found.length === 1 && found[0]?.inserted.trim() === typed)) return null;
  return { from, options: found };
}

/** The word that ends at the end of `text`: what it stands for is still being typed. */
function beingTyped(text: string): { from: number; typed: string; quoting: boolean } {
  const none = { from: text.length, typed: "", quoting: false };
  try {
    const last = tokensOf(text).at(-2);
    if (last === undefined || last.end !== text.length || last.sort !== "word") return none;
    return { from: last.offset, typed: last.text, quoting: false };
  } catch (fault) {
    if (!(fault instanceof TargetFault) || fault.kind !== "quote" || text[fault.offset] !== '"') return none;
    return { from: fault.offset, typed: text.slice(fault.offset + 1), quoting: true };
  }
}

function names({ names: known }: Vocabulary, kind: NameKind): Option[] {
  return known[kind].map(({ value, connections }) => {
    const written = writtenName(value);
    return { sort: "name", label: written, inserted: written, connections };
  });
}

function attributes({ attributes: known }: Vocabulary): Option[] {
  return [...known].map(([name, held]) => {
    const written = writtenAttribute(name);
    const connections = held.reduce((sum, each) => sum + each.connections, 0);
    return { sort: "attribute", label: written, inserted: `${written} `, connections };
  });
}

function values({ attributes: known }: Vocabulary, attribute: string | null): Option[] {
  return (known.get(attribute ?? "") ?? []).map(({ value, connections }) => {
    const written = writtenValue(value);
    return { sort: "value", label: written, inserted: written, connections };
  });
}

/** Those that begin with what is typed, then those that hold it. */
function matching(options: readonly Option[], typed: string, quoting: boolean): Option[] {
  const wanted = typed.toLowerCase();
  const places = options.map(option => ({ option, at: placeOf(option, wanted) }));
  const fitting = quoting ? places.filter(({ option }) => "name attribute value".includes(option.sort)) : places;
  const starts = fitting.filter(({ at }) => at === 0);
  const holds = fitting.filter(({ at }) => at > 0);
  return [...starts, ...(typed === "" ? [] : holds)].slice(0, MOST).map(({ option }) => option);
}

function placeOf({ label, sort }: Option, wanted: string): number {
  const lower = label.toLowerCase().replace(/^"/, "");
  const kind = NAME_KINDS.find(each => lower.startsWith(`${each}:`));
  // `group:ops` is found by `ops` as well.
  const name = sort === "name" && kind !== undefined ? lower.slice(kind.length + 1) : lower;
  return lower.startsWith(wanted) ? 0 : name.indexOf(wanted);
}
