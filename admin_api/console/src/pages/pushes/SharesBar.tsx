import { useTranslation } from "react-i18next";
import { figure } from "../../format/figures.js";
import { colourOf } from "../../shell/StateBadge.js";
import classes from "./SharesBar.module.css";
import type { Share } from "./shares.js";

/** What became of all terminals, as one slim bar; said in words to who cannot see it. */
export function SharesBar({ shares }: { shares: readonly Share[] }) {
  const { t } = useTranslation(["pushes", "shell"]);
  const total = shares.reduce((sum, { count }) => sum + count, 0);
  const words = shares.map(({ state, count }) => `${t(`shell:terminalState.${state}`)} ${figure(count)}`);
  return (
    <div
      className={classes.bar}
      role="img"
      aria-label={total === 0 ? t("bar.none") : words.join(", ")}
      title={words.join(", ")}
    >
      {shares.map(({ state, count }) => (
        <span
          key={state}
          className={classes.part}
          data-state={state}
          style={{ flexGrow: count, background: colourOf(state) }}
        />
      ))}
    </div>
  );
}
