import { ActionIcon, CopyButton, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import classes from "./ShortId.module.css";
import { shortened } from "./shortened.js";

interface ShortIdProps {
  readonly id: string;
  /** What the button copies, in words. */
  readonly what: string;
  /** Most characters that are shown. */
  readonly length?: number;
}

/** A long id: its beginning and end, all of it on hover, and a button that copies it. */
export function ShortId({ id, what, length = 16 }: ShortIdProps) {
  const { t } = useTranslation("pushes");
  return (
    <span className={classes.id}>
      <Tooltip label={id} disabled={id.length <= length} events={{ hover: true, focus: false, touch: true }}>
        <code>{shortened(id, length)}</code>
      </Tooltip>
      <CopyButton value={id}>
        {({ copied, copy }) => (
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            onClick={copy}
            aria-label={copied ? t("id.copied") : t("id.copy", { what })}
          >
            {copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
          </ActionIcon>
        )}
      </CopyButton>
    </span>
  );
}
