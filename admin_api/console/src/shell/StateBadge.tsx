import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { State } from "../api/schema.js";
import classes from "./StateBadge.module.css";

/** What became of a push at a terminal. */
export type TerminalState =
  | "waiting"
  | "sent"
  | "received"
  | "read"
  | "failed"
  | "gone"
  | "recalled"
  | "expired"
  | "skipped";

/** All of them, in the order in which a push fills: the same in every picture, table and legend. */
export const TERMINAL_STATES: readonly TerminalState[] = [
  "read",
  "received",
  "sent",
  "waiting",
  "failed",
  "gone",
  "recalled",
  "expired",
  "skipped",
];

/** The colour of a state, as a CSS value. */
export const colourOf = (state: TerminalState | "halted"): string => `var(--state-${state})`;

const PUSH_TONES: Record<State, TerminalState | "halted"> = {
  awaiting_approval: "halted",
  scheduled: "waiting",
  waiting: "waiting",
  sending: "sent",
  sent: "received",
  completed: "read",
  rejected: "recalled",
  cancelled: "recalled",
  expired: "expired",
  halted: "failed",
};

/** A push's state: a mark in its colour and its word. */
export function PushStateBadge({ state }: { state: State }) {
  const { t } = useTranslation("shell");
  return <Badge tone={PUSH_TONES[state]}>{t(`pushState.${state}`)}</Badge>;
}

/** A terminal's state: the mark that pictures use for it, and its word. */
export function TerminalStateBadge({ state }: { state: TerminalState }) {
  const { t } = useTranslation("shell");
  return <Badge tone={state}>{t(`terminalState.${state}`)}</Badge>;
}

function Badge({ tone, children }: { tone: TerminalState | "halted"; children: ReactNode }) {
  return (
    <span className={classes.badge}>
      <span className={classes.mark} data-tone={tone} aria-hidden />
      {children}
    </span>
  );
}
