import { IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import classes from "./Compose.module.css";

interface NoticeProps {
  readonly title?: string;
  /** It has come up just now, so that it is read out. */
  readonly isNew?: boolean;
  readonly children: ReactNode;
}

/** Something to know before going on; no fault. */
export function Notice({ title, isNew = false, children }: NoticeProps) {
  return (
    <div className={classes.notice} {...(isNew && { role: "alert" })}>
      <IconAlertTriangle size={16} stroke={1.8} aria-hidden className={classes.noticeMark} />
      <div>
        {title !== undefined && <strong>{title}</strong>}
        {children}
      </div>
    </div>
  );
}
