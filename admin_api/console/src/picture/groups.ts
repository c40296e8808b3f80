import type { Counts, Receipt } from "../api/schema.js";
import { TERMINAL_STATES, type TerminalState } from "../shell/StateBadge.js";
import { type Drawing, type DrawnLane, zoneKey } from "./drawing.js";
import { hasEndedAt, lanesReachedAt } from "./progress.js";

/** A terminal whose name is known. */
export interface KnownDot {
  readonly terminalId: string;
  readonly user: string;
  readonly state: TerminalState;
}

/** Terminals that are drawn together. Of some one knows who they are, of the rest only how many are in which state. */
export interface DotGroup {
  readonly id: string;
  readonly label: string;
  readonly total: number;
  readonly known: readonly KnownDot[];
  readonly anonymous: Readonly<Partial<Record<TerminalState, number>>>;
}

export type GroupBy = "wave" | "zone";

/** How many of some groups are in each state, in the order in which a push fills. */
export function countsOf(groups: readonly DotGroup[]): Map<TerminalState, number> {
  const found = new Map<TerminalState, number>(TERMINAL_STATES.map(state => [state, 0]));
  const count = (state: TerminalState, more: number) => found.set(state, (found.get(state) ?? 0) + more);
  for (const { known, anonymous } of groups) {
    for (const dot of known) count(dot.state, 1);
    for (const state of TERMINAL_STATES) count(state, anonymous[state] ?? 0);
  }
  return new Map([...found].filter(([, terminals]) => terminals > 0));
}

interface GroupsOf {
  readonly forecast: Drawing | null;
  readonly actual: Drawing | null;
  readonly total: number;
  readonly by: GroupBy;
  readonly label: (key: { wave: number | null; timezone: string | null }) => string;
  /** What those of a plan are called who are in none of its lanes. */
  readonly left: string;
  readonly counts?: Counts | null | undefined;
  readonly receipts?: readonly Receipt[] | null | undefined;
  /** A moment; null: the newest that is known. */
  readonly at: number | null;
}

interface Gathered {
  readonly label: string;
  total: number;
  readonly known: KnownDot[];
  readonly anonymous: Map<TerminalState, number>;
}

/** Every terminal of a push at a moment, by wave or time zone: as it happened, and after that as it is foreseen. */
export function groupsOf({
  forecast,
  actual,
  total,
  by,
  label,
  left: leftOut,
  counts,
  receipts,
  at,
}: GroupsOf): DotGroup[] {
  const drawing = actual ?? forecast;
  if (drawing === null) return [];
  const time = at ?? drawing.to;
  const ahead = actual !== null && forecast !== null && time > actual.to;
  const lanes = lanesOf(forecast, actual, total);
  const byStage = new Map<string, Receipt[]>();
  for (const receipt of receipts ?? []) {
    const ofStage = byStage.get(receipt.stage);
    if (ofStage === undefined) byStage.set(receipt.stage, [receipt]);
    else ofStage.push(receipt);
  }
  const over = hasEndedAt(drawing, time) || (ahead && hasEndedAt(forecast, time));
  const found = new Map<string, Gathered>();
  const done = lanesReachedAt(drawing, time);
  const foreseen = ahead ? lanesReachedAt(forecast, time) : null;
  for (const lane of lanes) {
    const reached = Math.min(Math.max(done.get(lane.id) ?? 0, foreseen?.get(lane.id) ?? 0), lane.terminals);
    const known = knownAt(byStage.get(lane.id) ?? [], time, reached, at === null);
    const left = Math.max(0, lane.terminals - known.length);
    const sent = Math.min(left, Math.max(0, reached - known.filter(dot => dot.state !== "waiting").length));
    const key = by === "zone" ? zoneKey(lane.id) : `w${lane.wave}`;
    const group: Gathered = found.get(key) ?? {
      label: label({ wave: by === "wave" ? lane.wave : null, timezone: by === "zone" ? lane.timezone : null }),
      total: 0,
      known: [],
      anonymous: new Map(),
    };
    group.total += Math.max(lane.terminals, known.length);
    group.known.push(
      ...known.map(dot => (over && dot.state === "waiting" ? { ...dot, state: "expired" as const } : dot)),
    );
    add(group.anonymous, "sent", sent);
    add(group.anonymous, over ? "expired" : "waiting", left - sent);
    found.set(key, group);
  }
  const groups: DotGroup[] = [...found].map(([id, group]) => ({
    ...group,
    id,
    anonymous: Object.fromEntries(group.anonymous),
  }));
  const rest = total - groups.reduce((sum, group) => sum + group.total, 0);
  if (actual === null && groups.length > 0 && rest > 0) {
    const state: TerminalState = over ? "expired" : "waiting";
    groups.push({ id: "left", label: leftOut, total: rest, known: [], anonymous: { [state]: rest } });
  }
  return at === null && counts != null ? refined(groups, counts) : groups;
}

function add(counts: Map<TerminalState, number>, state: TerminalState, more: number) {
  if (more > 0) counts.set(state, (counts.get(state) ?? 0) + more);
}

/** The lanes of a push with how many each has: what happened knows better than what was foreseen. */
function lanesOf(forecast: Drawing | null, actual: Drawing | null, total: number): DrawnLane[] {
  const found = new Map((forecast?.lanes ?? []).map(lane => [lane.id, lane]));
  for (const lane of actual?.lanes ?? []) {
    // A lane that has not begun yet may not say how many it has.
    const terminals = lane.terminals || (found.get(lane.id)?.terminals ?? 0);
    found.set(lane.id, { ...lane, terminals });
  }
  const [first, ...others] = found.values();
  const sum = [...found.values()].reduce((all, lane) => all + lane.terminals, 0);
  // Before anybody is found, all are in the only lane that there is.
  return first !== undefined && sum === 0 ? [{ ...first, terminals: total }, ...others] : [...found.values()];
}

/** What had become of the terminals of a stage. A receipt says its last state and when; before that it was sent. */
function knownAt(receipts: readonly Receipt[], time: number, reached: number, newest: boolean): KnownDot[] {
  const inOrder = receipts
    .map(receipt => ({ receipt, at: Date.parse(receipt.at) }))
    .toSorted((one, other) => one.at - other.at);
  return inOrder.map(({ receipt, at }, index) => {
    const settled = newest || at <= time;
    const state: TerminalState = settled ? receipt.kind : index < reached ? "sent" : "waiting";
    return { terminalId: receipt.terminal_id, user: receipt.user, state };
  });
}

/** The newest counts say more than "sent" of those whose receipts are not here: they are spread over what was sent. */
function refined(groups: readonly DotGroup[], counts: Counts): DotGroup[] {
  const named = (states: readonly TerminalState[]) =>
    groups.reduce((sum, group) => sum + group.known.filter(dot => states.includes(dot.state)).length, 0);
  const left: [TerminalState, number][] = [
    ["read", counts.read - named(["read"])],
    ["received", counts.received - counts.read - counts.failed - named(["received"])],
    ["failed", counts.failed - named(["failed"])],
    ["recalled", counts.recalled - named(["recalled"])],
    ["gone", counts.gone - named(["gone"])],
    ["skipped", counts.skipped - named(["skipped"])],
    ["expired", counts.expired - named(["expired"])],
  ];
  return groups.map((group, index) => {
    const anonymous = { ...group.anonymous };
    for (const entry of left) {
      const [state, count] = entry;
      const from: TerminalState = state === "expired" ? "waiting" : "sent";
      const here = anonymous[from] ?? 0;
      const later = groups.slice(index + 1).reduce((sum, other) => sum + (other.anonymous[from] ?? 0), 0);
      const share = later === 0 ? here : Math.round((count * here) / Math.max(here + later, 1));
      const taken = Math.max(0, Math.min(count, here, share));
      if (taken === 0) continue;
      anonymous[from] = here - taken;
      anonymous[state] = (anonymous[state] ?? 0) + taken;
      entry[1] -= taken;
    }
    return { ...group, anonymous };
  });
}
