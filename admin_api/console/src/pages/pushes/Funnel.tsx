import { useTranslation } from "react-i18next";
import type { PushDetail } from "../../api/schema.js";
import { figure, percent } from "../../format/figures.js";
import { colourOf, type TerminalState, TerminalStateBadge } from "../../shell/StateBadge.js";
import classes from "./Funnel.module.css";

/** Which of its figures a strategy asks terminals for. */
function askedFor({ strategy, counts }: PushDetail): { received: boolean; read: boolean } {
  const receipts = strategy.receipts === "each" || strategy.ack != null;
  return { received: receipts || counts.received > 0, read: strategy.ack?.need === "read" || counts.read > 0 };
}

const BESIDE: readonly TerminalState[] = ["failed", "gone", "expired", "recalled", "skipped"];

/** Meant, sent, received, read: how many are left at each step, and beside it where the others are. */
export function Funnel({ push, expected }: { push: PushDetail; expected: number }) {
  const { t } = useTranslation(["pushes", "shell"]);
  const { counts } = push;
  const asked = askedFor(push);
  const meant = Math.max(expected, counts.targeted);
  const steps: readonly { name: "meant" | "sent" | "received" | "read"; count: number | null; colour: string }[] = [
    { name: "meant", count: meant, colour: "var(--state-waiting)" },
    { name: "sent", count: counts.sent, colour: colourOf("sent") },
    { name: "received", count: asked.received ? counts.received : null, colour: colourOf("received") },
    { name: "read", count: asked.read ? counts.read : null, colour: colourOf("read") },
  ];
  const beside = BESIDE.map(state => ({ state, count: counts[state as keyof typeof counts] })).filter(
    ({ count }) => count > 0,
  );
  return (
    <div className={classes.funnel}>
      <dl className={classes.steps}>
        {steps.map(({ name, count, colour }) => (
          <div key={name} className={classes.step}>
            <dt>{t(`funnel.${name}`)}</dt>
            <dd className="tabular">
              {count === null ? (
                <span className={classes.unasked}>{t("funnel.unasked")}</span>
              ) : (
                <>
                  <b>{figure(count)}</b>
                  <span className={classes.share}>{meant === 0 ? "" : percent(Math.min(1, count / meant))}</span>
                </>
              )}
            </dd>
            <div className={classes.track} aria-hidden>
              {count !== null && (
                <div className={classes.fill} style={{ width: `${share(count, meant)}%`, background: colour }} />
              )}
            </div>
          </div>
        ))}
      </dl>
      {beside.length > 0 && (
        <ul className={classes.beside} aria-label={t("funnel.beside")}>
          {beside.map(({ state, count }) => (
            <li key={state}>
              <TerminalStateBadge state={state} />
              <b className="tabular">{figure(count)}</b>
              <span className={`${classes.share} tabular`}>{percent(Math.min(1, count / Math.max(1, meant)))}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const share = (count: number, of: number) => (of === 0 ? 0 : Math.min(100, (count / of) * 100));
