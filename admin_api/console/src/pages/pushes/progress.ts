import type { Lane, Picture, PushDetail, Span, Timelines } from "../../api/schema.js";

/** A wave: how many had their turn, of how many. */
export interface WaveProgress {
  readonly wave: number;
  readonly reached: number;
  readonly expected: number;
}

/** What a lane waits for, and until when, as far as that was foreseen. */
export interface Waiting {
  readonly lane: Lane;
  readonly kind: "window" | "pause" | "ack_wait";
  /** The how-manieth wait of this kind it is in its lane, from 1. */
  readonly nth: number;
  readonly until: Date | null;
}

const WAITS: readonly Span["kind"][] = ["window", "pause", "ack_wait"];

const ms = (at: string) => Date.parse(at);

/** How far each wave is. Of a wave that goes on it is what was expected of it, of one that is over what it found. */
export function wavesOf(push: PushDetail, { forecast, actual }: Timelines): readonly WaveProgress[] {
  const foreseen = new Map(forecast.lanes.map(lane => [lane.id, lane]));
  const happened = new Map(actual.lanes.map(lane => [lane.id, lane]));
  const waves = new Map<number, { wave: number; reached: number; expected: number }>();
  for (const lane of new Map([...foreseen, ...happened]).values()) {
    const reached = happened.has(lane.id) ? sentIn(lane) : 0;
    const wave = waves.get(lane.wave) ?? { wave: lane.wave, reached: 0, expected: 0 };
    waves.set(lane.wave, wave);
    wave.reached += reached;
    const known = happened.get(lane.id)?.terminals ?? 0;
    // Of one that is still to come, what is left for it now is truer than what was foreseen.
    const asked = reached === 0 && known > 0 ? known : Math.max(known, foreseen.get(lane.id)?.terminals ?? 0);
    wave.expected += isOver(push, lane, actual.lanes) ? reached : Math.max(reached, asked);
  }
  return [...waves.values()].sort((one, other) => one.wave - other.wave);
}

/** How many are meant by all waves, as far as is known now. */
export function expectedOf(push: PushDetail, timelines: Timelines): number {
  if (push.repeat != null) return sum(timelines.forecast.lanes.map(lane => lane.terminals));
  return sum(wavesOf(push, timelines).map(wave => wave.expected));
}

function sentIn(lane: Lane): number {
  return sum(lane.spans.filter(span => span.kind === "send").map(span => span.terminals ?? 0));
}

/** Whether all of a lane's wave is sent: what follows has begun, if only in the wave after it. */
function isOver(push: PushDetail, lane: Lane, lanes: readonly Lane[]): boolean {
  if (push.state === "completed" || push.state === "sent") return true;
  if (sentIn(lane) === 0) return false;
  if (lane.spans.some(span => span.kind === "pause" || span.kind === "ack_wait")) return true;
  return lanes.some(other => other.timezone === lane.timezone && other.wave > lane.wave && sentIn(other) > 0);
}

/** The wave that is sent now, or was last: the latest one of which anything was sent. */
export function waveNow(waves: readonly WaveProgress[]): number {
  return waves.findLast(wave => wave.reached > 0)?.wave ?? 1;
}

/** What is waited for now: of several lanes that which goes on first. Null: none of them waits. */
export function waitingNow({ forecast, actual }: Timelines): Waiting | null {
  const found: Waiting[] = [];
  for (const lane of actual.lanes) {
    for (const [place, span] of lane.spans.entries()) {
      if (!WAITS.includes(span.kind) || ms(span.to) < ms(actual.to)) continue;
      const nth = lane.spans.slice(0, place + 1).filter(each => each.kind === span.kind).length;
      found.push({ lane, kind: span.kind as Waiting["kind"], nth, until: untilOf(span, nth, lane.id, forecast) });
    }
  }
  const at = (wait: Waiting) => wait.until?.getTime() ?? Number.POSITIVE_INFINITY;
  return found.sort((one, other) => at(one) - at(other))[0] ?? null;
}

/** When a wait ends: a window when it was foreseen, however late the push is; others after as long as was foreseen. */
function untilOf(now: Span, nth: number, lane: string, forecast: Picture): Date | null {
  const alike = forecast.lanes.find(each => each.id === lane)?.spans.filter(span => span.kind === now.kind) ?? [];
  const planned = alike[nth - 1];
  if (planned === undefined) return null;
  if (now.kind === "window") return new Date(planned.to);
  return new Date(ms(now.from) + ms(planned.to) - ms(planned.from));
}

/**
 * When everybody will have had their turn (with `ack.within`: when the last wait for acknowledgements is over), if it
 * goes on as foreseen: what was foreseen, later by as much as the newest span began late. Null: nothing was foreseen.
 */
export function doneAbout(push: PushDetail, { forecast, actual }: Timelines): Date | null {
  const waitsForAcks = push.strategy.ack?.within != null;
  const done = forecast.marks.findLast(mark => mark.kind === "done")?.at;
  const foreseen = waitsForAcks ? (done ?? forecast.to) : forecast.reach.at(-1)?.[0];
  if (foreseen === undefined) return null;
  const late = latenessMs(forecast, actual);
  const at = new Date(ms(foreseen) + late);
  return push.expires_at !== null && ms(push.expires_at) < at.getTime() ? new Date(push.expires_at) : at;
}

/** By how much the newest span that was also foreseen began later than foreseen; never negative. */
function latenessMs(forecast: Picture, actual: Picture): number {
  let newest = Number.NEGATIVE_INFINITY;
  let late = 0;
  for (const lane of actual.lanes) {
    const planned = forecast.lanes.find(each => each.id === lane.id);
    if (planned === undefined) continue;
    const counted = new Map<string, number>();
    for (const span of lane.spans) {
      const nth = counted.get(span.kind) ?? 0;
      counted.set(span.kind, nth + 1);
      const same = planned.spans.filter(each => each.kind === span.kind)[nth];
      if (same === undefined || ms(span.from) < newest) continue;
      newest = ms(span.from);
      late = Math.max(0, ms(span.from) - ms(same.from));
    }
  }
  return late;
}

const sum = (figures: readonly number[]) => figures.reduce((total, figure) => total + figure, 0);
