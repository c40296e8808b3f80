import { BOUNDS, NAME_KINDS, type NameKind, type Value, WHITE_SPACE } from "./expression.js";
import { type FaultKind, TargetFault } from "./fault.js";

/** Words with a meaning of their own, in any case; quoted they are names and values like any other. */
const KEYWORDS: readonly string[] = [
  ...["all", "and", "or", "not", "in", "has", "prefix", "true", "false", "null"],
  ...NAME_KINDS,
];

type Sort = "word" | "quoted" | "kind" | "sign" | "end";

export interface Token {
  readonly sort: Sort;
  /** A word as written, a quoted text without its quotes, a sign, or a kind of name in lower case. */
  readonly text: string;
  /** The keyword or sign that it is, in lower case; null for names and values. */
  readonly keyword: string | null;
  /** Where it begins and ends, in UTF-16 units. */
  readonly offset: number;
  readonly end: number;
  /** Of a word or a quoted text: whether it stands where names of a kind stand, as after `group:`. */
  readonly named: boolean;
}

const SPACE = new RegExp(`[${WHITE_SPACE}]+`, "y");
// Without the flag u, by which "ſ" would match "s".
const KIND = new RegExp(`(?:${NAME_KINDS.join("|")}):`, "iy");
const WORD = /[\p{L}\p{N}_\-./@+#$%&|\\:][\p{L}\p{N}_\-./@+#$%&|\\:']*/uy;
/** After `kind:` nothing is compared, so a name may hold what connection ids end with. */
const NAME = /[\p{L}\p{N}_\-./@+#$%&|\\:][\p{L}\p{N}_\-./@+#$%&|\\:'=]*/uy;
const SIGN = /!=|<=|>=|[=<>(),]/y;
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/** `source` cut up, the end being the last token. Raises the TargetFault of what cannot be cut. */
export function tokensOf(source: string): Token[] {
  const found: Token[] = [];
  let offset = 0;
  let names = false;
  while (offset < source.length) {
    const space = matchAt(SPACE, source, offset);
    if (space !== null) {
      offset += space.length;
      continue;
    }
    const token = tokenAt(source, offset, names);
    names = namesFollow(names, found.at(-1), token);
    found.push(token);
    offset = token.end;
  }
  found.push({ sort: "end", text: "", keyword: null, offset: source.length, end: source.length, named: names });
  return found;
}

function tokenAt(source: string, offset: number, named: boolean): Token {
  const made = (sort: Sort, text: string, length: number): Token => {
    const lower = text.toLowerCase();
    const keyword = sort === "sign" ? text : sort === "word" && KEYWORDS.includes(lower) ? lower : null;
    return { sort, text, keyword, offset, end: offset + length, named };
  };
  const kind = matchAt(KIND, source, offset);
  if (kind !== null) return made("kind", kind.slice(0, -1).toLowerCase(), kind.length);
  const word = matchAt(named ? NAME : WORD, source, offset);
  if (word !== null) return made("word", word, word.length);
  const sign = matchAt(SIGN, source, offset);
  if (sign !== null) return made("sign", sign, sign.length);
  if (source[offset] === '"') {
    const end = endOfQuoted(source, offset);
    return made("quoted", JSON.parse(source.slice(offset, end)) as string, end - offset);
  }
  throw stray(source, offset);
}

/** Whether names may follow: right after a kind, and within the brackets there. */
function namesFollow(names: boolean, before: Token | undefined, token: Token): boolean {
  if (token.sort === "kind") return true;
  const afterKind = before?.sort === "kind";
  if (token.sort === "sign") return names && (token.text === "," || (token.text === "(" && afterKind));
  return names && !afterKind;
}

function matchAt(pattern: RegExp, source: string, offset: number): string | null {
  pattern.lastIndex = offset;
  return pattern.exec(source)?.[0] ?? null;
}

/** Where the quoted text that begins at `offset` ends, its last quote included. */
function endOfQuoted(source: string, offset: number): number {
  const refused = (at: number) => new TargetFault(source, "quote", { offset: at, end: source.length }, {});
  let at = offset + 1;
  for (;;) {
    const character = source[at];
    if (character === undefined) throw refused(offset);
    if (character === '"') return at + 1;
    if (character <= "\u001f") throw refused(at);
    if (character !== "\\") {
      at += 1;
      continue;
    }
    const escaped = source[at + 1];
    if (escaped === undefined) throw refused(offset);
    if (escaped === "u") {
      // Four digits and something behind them, be it only the closing quote.
      if (!/^[0-9a-fA-F]{4}$/.test(source.slice(at + 2, at + 6)) || at + 6 >= source.length) throw refused(at + 1);
      at += 6;
    } else if ('"\\/bfnrt'.includes(escaped)) at += 2;
    else throw refused(at);
  }
}

const WAYS_OUT: Readonly<Record<string, FaultKind>> = {
  "'": "stray_quote",
  "“": "stray_quote",
  "”": "stray_quote",
  "„": "stray_quote",
  "*": "stray_star",
  "~": "stray_tilde",
  "!": "stray_bang",
};

function stray(source: string, offset: number): TargetFault {
  const character = String.fromCodePoint(source.codePointAt(offset) ?? 0);
  const place = { offset, end: offset + character.length };
  const narrow = character.normalize("NFKC");
  if (narrow !== character && /^[\x20-\x7e]+$/.test(narrow)) {
    return new TargetFault(source, "stray_wide", place, { found: character, about: narrow });
  }
  return new TargetFault(source, WAYS_OUT[character] ?? "stray", place, { found: character });
}

/** The number that a word is by the grammar of JSON, else null: `007` and `1.2.3` are none. */
export function numberIn(word: string): number | bigint | null {
  if (word.length > BOUNDS.valueBytes || !NUMBER.test(word)) return null;
  const number = Number(word);
  return /[.eE]/.test(word) || Number.isSafeInteger(number) ? number + 0 : BigInt(word);
}

/** `text` between quotes, with the escapes of JSON. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** A name as it stands after a kind: bare where it can be, else quoted. */
export function writtenName(name: string): string {
  return isBare(name, NAME) ? name : quoted(name);
}

/** A name as it stands before a comparison. */
export function writtenAttribute(name: string): string {
  return isBare(name, WORD) ? name : quoted(name);
}

/** A value as it stands after a comparison; text is quoted also where it would be read as a number. */
export function writtenValue(value: Value): string {
  if (typeof value !== "string") return String(value);
  return isBare(value, WORD) && numberIn(value) === null ? value : quoted(value);
}

function isBare(text: string, pattern: RegExp): boolean {
  const whole = matchAt(pattern, text, 0) === text;
  return whole && matchAt(KIND, text, 0) === null && !KEYWORDS.includes(text.toLowerCase());
}

/** Whether a text is a kind of name. */
export function isNameKind(text: string): text is NameKind {
  return (NAME_KINDS as readonly string[]).includes(text);
}
