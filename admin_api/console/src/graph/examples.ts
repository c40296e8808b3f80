import type { StrategyGiven } from "./strategy.js";

/** Strategies that tests are about: the built-in ones as the API answers them, and one that has everything. */
export const NOW: StrategyGiven = { retain: "24h", receipts: "none" };

export const WORKING_HOURS: StrategyGiven = {
  retain: "3d",
  receipts: "none",
  window: {
    timezone: "attr:tz",
    otherwise: "UTC",
    days: ["mon", "tue", "wed", "thu", "fri"],
    from: "09:00",
    to: "18:00",
    outside: "wait",
  },
};

const NOT_TOO_BAD = { failed_over: 0.02, gone_over: 0.1, at_least: 50 };

export const STAGED: StrategyGiven = {
  retain: "1d",
  receipts: "each",
  waves: [
    { percent: 5, then_wait: "10m", halt_if: NOT_TOO_BAD },
    { percent: 25, then_wait: "10m", halt_if: NOT_TOO_BAD },
    { percent: 100 },
  ],
};

export const MUST_READ: StrategyGiven = {
  retain: "7d",
  receipts: "none",
  ack: { need: "read", within: "15m", resend: 2, once_per_user: true },
};

export const EVERYTHING: StrategyGiven = {
  ...STAGED,
  expires_in: "2d",
  collapse_key: "door",
  window: { timezone: "Asia/Tokyo", days: ["mon", "wed"], from: "09:00", to: "17:30", outside: "drop" },
  pace: { per_second: 200, ramp: { from_per_second: 10, multiply_by: 2, each: 1_000 } },
  ack: { ...MUST_READ.ack, escalate: { target: { groups: ["oncall"] }, message: "Somebody has not read it" } },
};
