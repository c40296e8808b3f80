import type { TFunction } from "i18next";
import type { Counts, Mark, PushDetail, Timelines } from "../../api/schema.js";
import { figure, percent } from "../../format/figures.js";
import { doneAbout, expectedOf, waitingNow, waveNow, wavesOf } from "./progress.js";
import { sayMoment } from "./times.js";

/**
 * Where a push is, in one sentence: "Wave 2 of 2, 61 %, done about 10:42". Moments are by the viewer's clock; `now`
 * decides how they are said, and what is over.
 */
export function sentence(push: PushDetail, timelines: Timelines, now: Date, t: TFunction<"pushes">): string {
  return new Teller(push, timelines, now, t).said();
}

/** Soon enough that nobody wants to hear when. */
const SOON_MS = 3_000;

class Teller {
  private readonly counts: Counts;
  private readonly expected: number;

  constructor(
    private readonly push: PushDetail,
    private readonly timelines: Timelines,
    private readonly now: Date,
    private readonly t: TFunction<"pushes">,
  ) {
    this.counts = push.counts;
    this.expected = expectedOf(push, timelines);
  }

  said(): string {
    const { push, t } = this;
    const by = push.ended_by ?? "";
    switch (push.state) {
      case "awaiting_approval":
        return t("sentence.awaiting", { until: this.at(push.approve_by), count: this.expected });
      case "scheduled":
        return this.scheduled();
      case "waiting":
        return this.waiting();
      case "sending":
        return this.sending();
      case "sent":
        return this.acks(t("sentence.allSent"));
      case "halted":
        return t(by === "halt_if" ? "sentence.haltedItself" : "sentence.halted", {
          by,
          at: this.at(this.markOf("halted")?.at),
          reached: figure(this.counts.targeted),
          count: Math.max(this.expected, this.counts.targeted),
          percent: this.share(this.counts.targeted, this.expected),
          why: this.why("halted"),
        });
      case "completed":
        return this.completed();
      case "rejected":
        return t("sentence.rejected", { by, at: this.at(push.finished_at), why: this.why("rejected") });
      case "cancelled":
        return t(this.counts.sent > 0 ? "sentence.recalled" : "sentence.cancelled", {
          by,
          at: this.at(push.finished_at),
          recalled: figure(this.counts.recalled),
          count: Math.max(this.counts.sent, this.counts.recalled),
          why: this.why("cancelled"),
        });
      case "expired":
        return t("sentence.expired", {
          at: this.at(push.finished_at),
          reached: figure(this.counts.sent),
          count: Math.max(this.expected, this.counts.sent),
        });
    }
  }

  private scheduled(): string {
    const { push, t } = this;
    const [next] = push.next_runs;
    if (push.repeat != null) {
      return next === undefined
        ? t("sentence.noRuns")
        : t("sentence.repeats", { at: this.at(next), count: this.expected });
    }
    return t("sentence.scheduled", { at: this.at(push.send_at), count: this.expected });
  }

  private sending(): string {
    const waves = wavesOf(this.push, this.timelines);
    const options = { ...this.place(waves), done: this.done() };
    return this.t(waves.length > 1 ? "sentence.sendingWave" : "sentence.sending", options);
  }

  private waiting(): string {
    const wait = waitingNow(this.timelines);
    const waves = wavesOf(this.push, this.timelines);
    const options = { ...this.place(waves), done: this.done() };
    if (wait === null || wait.until === null) return this.t("sentence.waits", options);
    const until = this.at(wait.until.toISOString());
    if (wait.kind === "pause") {
      return this.t("sentence.pauses", { ...options, wave: wait.lane.wave, next: wait.lane.wave + 1, until });
    }
    // Those who have read it are counted over all waves, so the last that went out is named, not the one that waits first.
    if (wait.kind === "ack_wait") return this.acks(this.t("sentence.waveSent", options));
    const zone = wait.lane.timezone;
    if (this.counts.targeted === 0) {
      return this.t(zone === null ? "sentence.firstWindow" : "sentence.firstWindowIn", { ...options, until, zone });
    }
    return this.t(zone === null ? "sentence.window" : "sentence.windowIn", { ...options, until, zone });
  }

  /** How many have acknowledged, and what happens to who has not. */
  private acks(before: string): string {
    const { counts, push, t } = this;
    const ack = push.strategy.ack;
    if (ack == null) return before;
    const done = ack.need === "read" ? counts.read : counts.received;
    const open = Math.max(0, counts.sent - done - counts.recalled - counts.failed);
    const told = t(ack.need === "read" ? "sentence.haveRead" : "sentence.haveReceived", {
      before,
      done: figure(done),
      count: counts.sent,
      percent: this.share(done, counts.sent),
      open: figure(open),
    });
    const wait = waitingNow(this.timelines);
    if (wait === null || wait.kind !== "ack_wait" || wait.until === null) return told;
    const until = this.at(wait.until.toISOString());
    // Nobody is sent it again, and nobody is told, when nobody is left.
    if (open === 0) return push.state === "sent" ? t("sentence.thenDone", { told, until }) : told;
    if (wait.nth <= (ack.resend ?? 0)) return t("sentence.thenResend", { told, until });
    return t(ack.escalate == null ? "sentence.thenEnds" : "sentence.thenEscalates", { told, until });
  }

  private completed(): string {
    const { counts, push, t } = this;
    const at = this.at(push.finished_at);
    if (push.repeat != null) return t("sentence.ranOut", { at });
    if (counts.targeted === 0) return t("sentence.nobody", { at });
    const need = push.strategy.ack?.need;
    if (need === "read" || counts.read > 0) {
      return t("sentence.completedRead", {
        at,
        sent: figure(counts.sent),
        read: figure(counts.read),
        percent: this.share(counts.read, counts.sent),
        count: counts.targeted,
      });
    }
    return t("sentence.completed", { at, sent: figure(counts.sent), count: counts.targeted });
  }

  private place(waves: ReturnType<typeof wavesOf>) {
    return {
      wave: waveNow(waves),
      waves: Math.max(1, waves.length),
      percent: this.share(this.counts.targeted, this.expected),
      reached: figure(this.counts.targeted),
      count: Math.max(this.expected, this.counts.targeted),
    };
  }

  /** `, done about 10:42`, or nothing where that is at once or was not foreseen. */
  private done(): string {
    const at = doneAbout(this.push, this.timelines);
    if (at === null || at.getTime() <= this.now.getTime() + SOON_MS) return "";
    return this.t("sentence.done", { at: sayMoment(at, this.now) });
  }

  /** `: wrong text`, the reason that was given; or nothing. */
  private why(kind: Mark["kind"]): string {
    const detail = this.markOf(kind)?.detail ?? "";
    const itself = /^(failed|gone)_over ([\d.]+): (\d+) of (\d+) in wave (\d+)$/.exec(detail);
    if (itself !== null) {
      const [, what, limit, part, tried, wave] = itself;
      return this.t(what === "failed" ? "sentence.failedOver" : "sentence.goneOver", {
        limit: percent(Number(limit)),
        part: figure(Number(part)),
        tried: figure(Number(tried)),
        wave,
      });
    }
    const by = `${this.push.ended_by ?? ""}: `;
    const reason = detail.startsWith(by) ? detail.slice(by.length) : "";
    return reason === "" ? "" : this.t("sentence.why", { reason });
  }

  private markOf(kind: Mark["kind"]): Mark | undefined {
    return this.timelines.actual.marks.findLast(mark => mark.kind === kind);
  }

  private share(part: number, whole: number): string {
    return percent(whole === 0 ? 0 : Math.min(1, part / whole));
  }

  private at(moment: string | null | undefined): string {
    return moment == null ? "" : sayMoment(new Date(moment), this.now);
  }
}
