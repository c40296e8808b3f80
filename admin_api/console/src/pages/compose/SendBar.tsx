import { Button } from "@mantine/core";
import { IconSend, IconUserCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { needsApproval, reachInWords, sendInWords } from "./blast.js";
import classes from "./Compose.module.css";
import type { Draft, Gap } from "./draft.js";
import type { Previewed } from "./usePreview.js";

interface SendBarProps {
  readonly draft: Draft;
  readonly gaps: readonly Gap[];
  readonly previewed: Previewed;
  readonly onTest: () => void;
  readonly onSend: () => void;
}

/** Always in sight: how far the push goes, or what is still to be said; and what can be done with it. */
export function SendBar({ draft, gaps, previewed, onTest, onSend }: SendBarProps) {
  const { t } = useTranslation(["compose", "shell"]);
  const { preview, fresh, pending, problem } = previewed;
  const [gap] = gaps;
  const known = fresh && gap === undefined ? preview : null;
  return (
    <section className={classes.sendBar} aria-label={t("send.bar")}>
      <p className={`${classes.blast} tabular`} role="status">
        {gap !== undefined
          ? t(`gap.${gap}`)
          : problem !== null
            ? t("gap.fault")
            : preview === null || pending
              ? t("preview.pending")
              : reachInWords(preview.audience, t)}
      </p>
      <div className={classes.buttons}>
        <Button
          variant="default"
          leftSection={<IconUserCheck size={16} aria-hidden />}
          disabled={gap !== undefined || problem !== null}
          onClick={onTest}
        >
          {t("test.button")}
        </Button>
        <Button
          leftSection={<IconSend size={16} aria-hidden />}
          disabled={known === null}
          onClick={onSend}
          aria-keyshortcuts="Control+Enter"
          title={t("send.keys")}
        >
          {known === null
            ? t("send.unknown")
            : sendInWords(known.audience.terminals, known.audience.away, draft.when.is, needsApproval(known), t)}
        </Button>
      </div>
    </section>
  );
}
