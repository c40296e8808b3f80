import { useTranslation } from "react-i18next";
import type { Faults } from "./faults.js";
import classes from "./StrategyEditor.module.css";

/** Everything that is wrong, by the pointer of its member. */
export function FaultList({ faults }: { faults: Faults }) {
  const { t } = useTranslation("graph");
  if (faults.size === 0) return null;
  return (
    <ul className={classes.faults} aria-label={t("editor.faults")}>
      {[...faults].map(([pointer, fault]) => (
        <li key={pointer}>
          <code>{pointer}</code> {fault}
        </li>
      ))}
    </ul>
  );
}
