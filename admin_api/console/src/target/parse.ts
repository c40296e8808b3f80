import {
  BOUNDS,
  bytesOf,
  depthOf,
  type Expression,
  faultOfName,
  faultOfValue,
  type NameKind,
  type Op,
  type Value,
  type WithAttribute,
} from "./expression.js";
import { type FaultKind, TargetFault } from "./fault.js";
import { isNameKind, numberIn, quoted, type Token, tokensOf } from "./tokens.js";

/** The signs of comparisons, and what they are in JSON. */
export const COMPARISONS = {
  "=": "eq",
  "!=": "ne",
  "<": "lt",
  "<=": "le",
  ">": "gt",
  ">=": "ge",
  prefix: "prefix",
  in: "in",
} as const satisfies Readonly<Record<string, Op>>;

const SIGNS = Object.keys(COMPARISONS) as (keyof typeof COMPARISONS)[];
const SINGLES = ["all", "user:", "group:", "terminal:", "connection:", "has", "an attribute", "not", "("];

/** What is being said where a text ends or fails, beside what is expected there. */
interface Context {
  /** The kind of the names that stand here. */
  readonly kind: NameKind | null;
  /** The attribute whose comparison or value stands here. */
  readonly attribute: string | null;
}

/**
 * The target that `text` says, in the JSON form. Raises TargetFault for what the service would refuse, at the same
 * place and with the same expectations.
 *
 * @example parse("group:ops and os = mac") // {every: [{groups: ["ops"]}, {attr: "os", op: "eq", value: "mac"}]}
 */
export function parse(text: string): Expression {
  return new Parser(text).whole();
}

/** The same, with the fault as a value. */
export function tryParse(
  text: string,
): { expression: Expression; fault: null } | { expression: null; fault: TargetFault } {
  try {
    return { expression: parse(text), fault: null };
  } catch (fault) {
    if (fault instanceof TargetFault) return { expression: null, fault };
    throw fault;
  }
}

/** What could come next at the end of `text`, in the service's words, and of what; nothing if it fails before. */
export function expectedAfter(text: string): { expected: readonly string[]; context: Context } {
  const context = { kind: null, attribute: null };
  try {
    const parser = new Parser(text);
    try {
      parser.whole();
      return { expected: ["and", "or"], context };
    } catch (fault) {
      if (!(fault instanceof TargetFault)) throw fault;
      return fault.unfinished ? { expected: fault.expected, context: parser.context } : { expected: [], context };
    }
  } catch (fault) {
    if (fault instanceof TargetFault) return { expected: [], context };
    throw fault;
  }
}

/** Recursive descent; how deep it goes is bounded by the depth that a target may have. */
class Parser {
  context: Context = { kind: null, attribute: null };
  private readonly tokens: readonly Token[];
  private next = 0;
  private open = 0;
  private nodes = 0;
  private listed = 0;
  private innermost = { depth: 0, offset: 0 };

  constructor(private readonly source: string) {
    if (source.length > BOUNDS.textBytes || bytesOf(source) > BOUNDS.textBytes) {
      throw new TargetFault(source, "too_long", { offset: 0, end: source.length }, {});
    }
    this.tokens = tokensOf(source);
  }

  whole(): Expression {
    const expression = this.either();
    if (this.token.sort !== "end") throw this.unexpected("and", "or", "the end");
    if (depthOf(expression) > BOUNDS.depth) throw this.tooDeep(this.innermost.offset);
    return expression;
  }

  private get token(): Token {
    const token = this.tokens[this.next];
    if (token === undefined) throw new RangeError("read past the end of a target");
    return token;
  }

  /** The next keyword or sign, if it is one of these; then it is behind us. */
  private take<Keyword extends string>(...keywords: readonly Keyword[]): Keyword | null {
    const taken = keywords.find(keyword => keyword === this.token.keyword) ?? null;
    if (taken !== null) this.next += 1;
    return taken;
  }

  private either(): Expression {
    const parts = [this.both()];
    while (this.take("or")) parts.push(this.both());
    const [first] = parts;
    return parts.length === 1 && first !== undefined ? first : this.counted({ any: parts });
  }

  private both(): Expression {
    const parts = [this.negated()];
    while (this.take("and")) parts.push(this.negated());
    const [first] = parts;
    return parts.length === 1 && first !== undefined ? first : this.counted({ every: parts });
  }

  private negated(): Expression {
    const start = this.token;
    if (!this.take("not")) return this.single();
    this.enter(start);
    const part = this.negated();
    this.open -= 1;
    return this.counted({ not: part });
  }

  private single(): Expression {
    this.context = { kind: null, attribute: null };
    const start = this.token;
    if (this.take("(")) {
      this.enter(start);
      const inner = this.either();
      if (!this.take(")")) throw this.unexpected("and", "or", ")");
      this.open -= 1;
      return inner;
    }
    if (this.take("all")) return this.counted({ all: true });
    if (this.take("has")) return this.counted({ attr: this.name("an attribute"), op: "exists" });
    if (start.sort === "kind" && isNameKind(start.text)) {
      this.next += 1;
      this.context = { kind: start.text, attribute: null };
      return this.counted(listing(start.text, this.names()));
    }
    if (start.keyword !== null && isNameKind(start.keyword)) {
      throw this.fault("kind_without_name", { about: start.keyword });
    }
    if ((start.sort !== "word" && start.sort !== "quoted") || start.keyword !== null) {
      throw this.unexpected(...SINGLES);
    }
    return this.counted(this.comparison());
  }

  private comparison(): WithAttribute {
    const start = this.token;
    const attr = this.name("an attribute");
    this.context = { kind: null, attribute: attr };
    const sign = this.take(...SIGNS);
    if (sign === null) {
      if (start.sort === "word" && start.text.includes(":")) {
        this.next -= 1;
        throw this.fault("unknown_kind", { about: start.text.slice(0, start.text.indexOf(":")) });
      }
      throw this.unexpected(...SIGNS);
    }
    const op = COMPARISONS[sign];
    const value = op === "in" ? this.list(() => this.value(op)) : this.value(op);
    return { attr, op, value };
  }

  private names(): string[] {
    if (this.token.keyword === "(") return this.list(() => this.name("a name"));
    const name = this.name("a name");
    this.listed += 1;
    return [name];
  }

  private list<Entry>(entry: () => Entry): Entry[] {
    if (!this.take("(")) throw this.unexpected("(");
    const entries = [entry()];
    while (this.take(",")) {
      if (entries.length === BOUNDS.list) throw this.fault("list_too_long");
      entries.push(entry());
    }
    if (!this.take(")")) throw this.unexpected(",", ")");
    this.listed += entries.length;
    return entries;
  }

  private name(what: string): string {
    const token = this.word(what);
    const wrong = faultOfName(token.text);
    if (wrong !== null) throw this.fault(`name_${wrong}`);
    this.next += 1;
    return token.text;
  }

  private value(op: Op): Value {
    const token = this.token;
    let value: Value = token.text;
    if (token.keyword === "true" || token.keyword === "false") value = token.keyword === "true";
    else if (token.keyword === "null") throw this.fault("null_value");
    else if (this.word("a value").sort === "word") value = numberIn(token.text) ?? value;
    const wrong = faultOfValue(op, value);
    if (wrong !== null) throw this.fault(`value_${wrong}`);
    this.next += 1;
    return value;
  }

  private word(what: string): Token {
    const { token } = this;
    if (token.sort === "kind") throw this.fault("kind_for_name", { expected: [what] });
    if (token.sort === "word" && token.keyword !== null) throw this.fault("reserved", { expected: [what] });
    if (token.sort !== "word" && token.sort !== "quoted") throw this.unexpected(what);
    return token;
  }

  private enter(token: Token): void {
    this.open += 1;
    if (this.open > BOUNDS.depth) throw this.tooDeep(token.offset);
    if (this.open > this.innermost.depth) this.innermost = { depth: this.open, offset: token.offset };
  }

  private counted(expression: Expression): Expression {
    this.nodes += 1;
    if (this.nodes > BOUNDS.nodes) throw this.fault("too_many");
    if (this.listed > BOUNDS.listed) throw this.fault("lists_too_long");
    return expression;
  }

  private tooDeep(offset: number): TargetFault {
    return new TargetFault(this.source, "too_deep", { offset, end: offset + 1 }, {});
  }

  private unexpected(...expected: readonly string[]): TargetFault {
    return this.fault("expected", { expected });
  }

  private fault(kind: FaultKind, more: { expected?: readonly string[]; about?: string } = {}): TargetFault {
    return new TargetFault(this.source, kind, this.token, { ...more, found: shown(this.token) });
  }
}

function listing(kind: NameKind, names: readonly string[]): Expression {
  switch (kind) {
    case "user":
      return { users: names };
    case "group":
      return { groups: names };
    case "terminal":
      return { terminals: names };
    case "connection":
      return { connections: names };
  }
}

function shown(token: Token): string | null {
  if (token.sort === "end") return null;
  return token.sort === "kind" ? `${token.text}:` : quoted(token.text);
}
