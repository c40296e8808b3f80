import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Strategies.module.css";

interface SaveBarProps {
  /** How many members are wrong. */
  readonly faults: number;
  /** Whether the JSON that is being written is a strategy. */
  readonly isReadable: boolean;
  readonly children: ReactNode;
}

/** At the foot of what is being changed: what stands against saving it, and the buttons. */
export function SaveBar({ faults, isReadable, children }: SaveBarProps) {
  const { t } = useTranslation("strategies");
  return (
    <div className={classes.bar}>
      <span className={`${classes.grow} ${classes.fault}`} role="status">
        {isReadable ? faults > 0 && t("faults", { count: faults }) : t("unreadable")}
      </span>
      {children}
    </div>
  );
}
