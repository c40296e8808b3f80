import i18next, { type TFunction } from "i18next";
import { durationInWords } from "../format/durations.js";
import { figure } from "../format/figures.js";
import { targetText } from "../target/text.js";
import { locale } from "../words/locale.js";
import type { Step } from "./nodes.js";
import {
  DAYS,
  type Day,
  type HaltIf,
  keepsForAway,
  type Strategy,
  type StrategyGiven,
  strategyOf,
  type Window,
} from "./strategy.js";

/** Translates messages of the namespace `graph`. */
export type GraphWords = TFunction<"graph">;

/** The messages in the language that the console speaks now; in a component, `useTranslation("graph")` follows a change. */
export const graphWords = (): GraphWords => i18next.getFixedT(i18next.language, "graph");

/** What a step says: its name, its numbers in words, and for a thumbnail the shortest of it (null: its icon is enough). */
export interface StepWords {
  readonly title: string;
  readonly detail: string;
  readonly short: string | null;
}

/** What a step of a strategy says. */
export function stepWords(step: Step, given: StrategyGiven, t: GraphWords = graphWords()): StepWords {
  const strategy = strategyOf(given);
  const said = (detail: string, short: string | null = null) => ({ title: titleOf(step, strategy, t), detail, short });
  const { ack } = strategy;
  switch (step.kind) {
    case "audience":
    case "approval":
      return said(t(`detail.${step.kind}`));
    case "window":
      return strategy.window === null ? said("") : said(windowDetail(strategy, t), windowShort(strategy.window));
    case "pace":
      return said(paceDetail(strategy, t), t("short.pace", { rate: number(strategy.pace?.perSecond, t) }));
    case "wave":
      return said(waveDetail(strategy, step.wave ?? 1, t), share(strategy.waves[(step.wave ?? 1) - 1]?.percent, t));
    case "pause":
      return pauseSaid(strategy, step.wave ?? 1, said, t);
    case "deliver":
      return said(deliverDetail(strategy, t));
    case "ack":
      return said(ackDetail(strategy, t), ack?.withinS == null ? null : time(ack.withinS, t));
    case "resend":
      return said(
        t("detail.resend", { count: ack?.resend ?? 0, time: time(ack?.withinS, t) }),
        t("short.resend", { count: ack?.resend ?? 0 }),
      );
    case "escalate":
      return said(t("detail.escalate", { target: targetText(ack?.escalate?.target) || t("unknown") }));
    case "done":
      return said(doneDetail(strategy, t), strategy.expiresInS === null ? null : time(strategy.expiresInS, t));
    case "retain":
      return said(t("detail.retain", { time: time(strategy.retainS, t) }), time(strategy.retainS, t));
    case "replay":
      return said(t(strategy.replay === "latest" ? "detail.latest" : "detail.missed"));
  }
}

function titleOf({ kind, wave }: Step, strategy: Strategy, t: GraphWords): string {
  if (kind === "wave") return t("step.wave", { number: wave });
  const waits = kind === "pause" && (strategy.waves[(wave ?? 1) - 1]?.thenWaitS ?? 0) !== 0;
  return t(kind === "pause" && !waits ? "step.check" : `step.${kind}`);
}

/** A duration in words; `…` for one that cannot be read. */
function time(seconds: number | null | undefined, t: GraphWords): string {
  return seconds == null || Number.isNaN(seconds) ? t("unknown") : durationInWords(seconds);
}

const number = (value: number | undefined, t: GraphWords) =>
  value === undefined || Number.isNaN(value) ? t("unknown") : figure(value);

/** `5 %` of a number from 0 to 100, with as many decimals as a wave can have. */
function share(percent: number | undefined, t: GraphWords): string {
  if (percent === undefined || Number.isNaN(percent)) return t("unknown");
  return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 2 }).format(percent / 100);
}

/** A list as one reads it out, without an "and": `Mon, Wed`. */
const listed = (parts: readonly string[], t: GraphWords): string =>
  parts.length === 0 ? "" : parts.reduce((before, last) => t("list", { before, last }));

/** Parts of a sentence after one another: `a; b`. */
const chained = (parts: readonly string[], t: GraphWords): string =>
  parts.length === 0 ? "" : parts.reduce((before, next) => t("words.then", { before, next }));

/** The short name of a day in the viewer's language. */
export function dayName(day: Day): string {
  const monday = Date.UTC(2024, 0, 1);
  const at = monday + DAYS.indexOf(day) * 86_400_000;
  return new Intl.DateTimeFormat(locale(), { weekday: "short", timeZone: "UTC" }).format(at);
}

/** `every day`, `Mon–Fri`, `Mon, Wed`. */
export function daysInWords(days: readonly Day[], t: GraphWords): string {
  if (days.length === DAYS.length) return t("days.all");
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return t("unknown");
  const isRange = days.length > 2 && DAYS.indexOf(last) - DAYS.indexOf(first) === days.length - 1;
  if (isRange) return t("days.range", { first: dayName(first), last: dayName(last) });
  return listed(days.map(dayName), t);
}

function windowDetail({ window, urgent }: Strategy, t: GraphWords): string {
  if (window === null) return "";
  if (urgent) return t("detail.windowUrgent");
  const { days, from, to, attribute, timezone } = window;
  const clock = attribute === null ? (timezone ?? "") : t("detail.own", { attribute });
  const dropped = window.outside === "drop";
  return t(dropped ? "detail.windowDrops" : "detail.window", { days: daysInWords(days, t), from, to, clock });
}

/** `9–18`: the hours, without minutes where there are none. */
function windowShort({ from, to }: Window): string {
  const hours = (at: string) => at.replace(/^0(?=\d:)/, "").replace(/:00$/, "");
  return `${hours(from)}–${hours(to)}`;
}

function paceDetail({ pace }: Strategy, t: GraphWords): string {
  const rate = number(pace?.perSecond, t);
  if (pace?.ramp == null) return t("detail.pace", { rate });
  const { from_per_second, multiply_by, each } = pace.ramp;
  return t("detail.ramp", {
    start: number(from_per_second, t),
    factor: number(multiply_by, t),
    each: number(each, t),
    rate,
  });
}

function waveDetail({ waves }: Strategy, wave: number, t: GraphWords): string {
  const percent = waves[wave - 1]?.percent;
  if (percent === 100) return t(wave === 1 ? "detail.waveAll" : "detail.waveRest");
  return t(wave === 1 ? "detail.wave" : "detail.waveUpTo", { share: share(percent, t) });
}

/** `2 % failed or 10 % gone, of 50 or more`. */
function limitsInWords({ failedOver, goneOver, atLeast }: HaltIf, t: GraphWords): string {
  const failed = failedOver === null ? null : t("detail.failed", { share: share(failedOver * 100, t) });
  const gone = goneOver === null ? null : t("detail.gone", { share: share(goneOver * 100, t) });
  const limits =
    failed !== null && gone !== null ? t("detail.or", { one: failed, other: gone }) : (failed ?? gone ?? t("unknown"));
  return atLeast > 1 ? t("detail.atLeast", { limits, atLeast: number(atLeast, t) }) : limits;
}

function pauseSaid(
  { waves }: Strategy,
  number: number,
  said: (detail: string, short?: string | null) => StepWords,
  t: GraphWords,
): StepWords {
  const { thenWaitS = 0, haltIf = null } = waves[number - 1] ?? {};
  const waits = thenWaitS !== 0;
  const short = waits ? time(thenWaitS, t) : null;
  if (haltIf === null) return said(t("detail.wait", { time: time(thenWaitS, t) }), short);
  const limits = limitsInWords(haltIf, t);
  if (!waits) return said(t("detail.halt", { limits }), short);
  return said(t("detail.waitAndHalt", { time: time(thenWaitS, t), limits }), short);
}

function deliverDetail({ receipts, collapseKey, urgent }: Strategy, t: GraphWords): string {
  const parts = [
    ...(urgent ? [t("detail.urgent")] : []),
    t("detail.deliver"),
    ...(receipts === "each" ? [t("detail.receipts")] : []),
    ...(collapseKey === null ? [] : [t("detail.replaces", { key: collapseKey })]),
  ];
  return chained(parts, t);
}

function ackDetail({ ack }: Strategy, t: GraphWords): string {
  if (ack === null) return "";
  const what = ack.need === "read" ? "Read" : "Received";
  const said =
    ack.withinS === null ? t(`detail.ack${what}Open`) : t(`detail.ack${what}`, { time: time(ack.withinS, t) });
  return ack.oncePerUser ? t("detail.oncePerUser", { ack: said }) : said;
}

function doneDetail({ expiresInS, ack }: Strategy, t: GraphWords): string {
  if (expiresInS !== null) return t("detail.expires", { time: time(expiresInS, t) });
  return t(ack === null || ack.withinS === null ? "detail.done" : "detail.doneAcked");
}

/** What a strategy does, in one or two sentences: when and to whom first; then what of those who do not answer or are away. */
export function strategyInWords(given: StrategyGiven, t: GraphWords = graphWords()): string {
  const strategy = strategyOf(given);
  const first = sentence([...sending(strategy, t), ...ending(strategy, t)], t);
  const second = sentence([...answering(strategy, t), keeping(strategy, t)], t);
  return t("words.sentences", { first, second });
}

function sentence(parts: readonly string[], t: GraphWords): string {
  const text = chained(parts, t);
  return t("words.sentence", { text: text.charAt(0).toLocaleUpperCase(locale()) + text.slice(1) });
}

function sending(strategy: Strategy, t: GraphWords): string[] {
  const { window, urgent, waves, pace } = strategy;
  const parts = [waves.length === 0 || waves[0]?.percent === 100 ? toAll(strategy, t) : inWaves(strategy, t)];
  const halts = waves.find(wave => wave.haltIf !== null)?.haltIf ?? null;
  if (halts !== null) parts.push(t("words.halt", { limits: limitsInWords(halts, t) }));
  if (window !== null && !urgent) {
    const clock =
      window.attribute === null ? t("words.clock", { timezone: window.timezone ?? "" }) : t("words.ownClock");
    const { from, to, outside } = window;
    const hours = t("words.hours", { days: daysInWords(window.days, t), from, to, clock });
    parts.push(t(outside === "drop" ? "words.windowDrops" : "words.window", { window: hours }));
  }
  // What is closed for some is not sent at once: the window says when.
  return window !== null && !urgent && pace === null && waves.length === 0 ? parts.slice(1) : parts;
}

function toAll(strategy: Strategy, t: GraphWords): string {
  return strategy.pace === null ? t("words.all") : t("words.allPaced", { pace: paceDetail(strategy, t) });
}

function inWaves(strategy: Strategy, t: GraphWords): string {
  const { waves, pace } = strategy;
  const to = share(waves[0]?.percent, t);
  let said =
    pace === null
      ? t("words.first", { share: to })
      : t("words.firstPaced", { share: to, pace: paceDetail(strategy, t) });
  for (const [index, { percent }] of waves.entries()) {
    const waited = waves[index - 1]?.thenWaitS;
    if (waited === undefined) continue;
    const all = percent === 100 ? "All" : "";
    const at = { before: said, share: share(percent, t) };
    said = waited === 0 ? t(`words.next${all}AtOnce`, at) : t(`words.next${all}`, { ...at, time: time(waited, t) });
  }
  return said;
}

function answering({ ack }: Strategy, t: GraphWords): string[] {
  if (ack === null) return [];
  const open = ack.withinS === null;
  const said = open ? t(`words.${ack.need}Open`) : t(`words.${ack.need}`, { time: time(ack.withinS, t) });
  return [
    ack.oncePerUser ? t("words.perUser", { ack: said }) : said,
    ...(ack.resend > 0 ? [t("words.resend", { count: ack.resend })] : []),
    ...(ack.escalate === null
      ? []
      : [t("words.escalate", { target: targetText(ack.escalate.target) || t("unknown") })]),
  ];
}

function keeping(strategy: Strategy, t: GraphWords): string {
  if (!keepsForAway(strategy)) return t("words.notKept");
  return t(strategy.replay === "latest" ? "words.keptLatest" : "words.kept", { time: time(strategy.retainS, t) });
}

function ending({ expiresInS }: Strategy, t: GraphWords): string[] {
  return expiresInS === null ? [] : [t("words.expires", { time: time(expiresInS, t) })];
}
