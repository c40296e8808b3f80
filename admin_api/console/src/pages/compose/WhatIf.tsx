import { ActionIcon, Loader, Tooltip } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { KeptStrategy, Preview } from "../../api/schema.js";
import { useNow } from "../../format/now.js";
import { PushPicture } from "../../picture/PushPicture.js";
import { Moment } from "../../shell/Moment.js";
import { Notice } from "../../shell/Notice.js";
import { ProblemAlert } from "../../shell/states.js";
import { CompareChoice, Comparison } from "./Comparison.js";
import classes from "./Compose.module.css";
import { Figures } from "./Figures.js";
import { PreviewDetails } from "./PreviewDetails.js";
import type { Previewed } from "./usePreview.js";

interface WhatIfProps {
  /** The strategy that is to be sent by. */
  readonly name: string;
  readonly previewed: Previewed;
  /** Its picture; there is one. */
  readonly preview: Preview;
  /** Another strategy over the same audience, and what it would do. */
  readonly compared: string | null;
  readonly other: Previewed;
  readonly strategies: readonly KeptStrategy[];
  readonly onCompare: (name: string | null) => void;
}

/** What the push would do: the figures that one decides by, and its picture; beside another strategy, if one is chosen. */
export function WhatIf({ name, previewed, preview, compared, other, strategies, onCompare }: WhatIfProps) {
  const now = useNow(10_000);
  const second = compared === null || other.problem !== null ? null : other.preview;
  return (
    <div className={classes.whatIf} aria-busy={previewed.pending}>
      <div className={classes.above}>
        <Freshness {...previewed} />
        <CompareChoice name={name} compared={compared} strategies={strategies} onCompare={onCompare} />
      </div>
      {compared !== null && other.problem !== null && <ProblemAlert error={other.problem} retry={other.again} />}
      {compared !== null && second !== null ? (
        <Comparison name={name} preview={preview} compared={compared} other={second} />
      ) : (
        <Figures preview={preview} />
      )}
      <Warnings warnings={preview.warnings} />
      <PushPicture
        audience={preview.audience}
        forecast={preview.timeline}
        actual={null}
        compare={compared === null || second === null ? null : { name: compared, picture: second.timeline }}
        now={now}
      />
      <PreviewDetails preview={preview} />
    </div>
  );
}

/** Of when the picture is, and asking for a newer one. */
function Freshness({ fresh, pending, at, again }: Previewed) {
  const { t } = useTranslation("compose");
  return (
    <div className={classes.counted}>
      <p className={classes.hint} role="status">
        {pending ? t("preview.pending") : fresh ? t("preview.fresh") : t("preview.old")}{" "}
        {!pending && fresh && at !== null && <Moment at={at.toISOString()} relative />}
      </p>
      {pending ? (
        <Loader size={14} aria-hidden />
      ) : (
        <Tooltip label={t("preview.again")}>
          <ActionIcon size="sm" variant="subtle" aria-label={t("preview.again")} onClick={again}>
            <IconRefresh size={14} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
    </div>
  );
}

function Warnings({ warnings }: { warnings: Preview["warnings"] }) {
  const { t } = useTranslation("compose");
  if (warnings.length === 0) return null;
  return (
    <Notice title={t("warnings", { count: warnings.length })}>
      <ul className={classes.list}>
        {warnings.map(warning => (
          <li key={warning.code}>
            <Warning {...warning} />
          </li>
        ))}
      </ul>
    </Notice>
  );
}

const KNOWN = [
  "nobody_connected",
  "nobody_matches",
  "window_closed",
  "window_drops",
  "expires_before_done",
  "over_sender_limit",
  "needs_approval",
  "near_size_limit",
] as const;

/** A warning in the viewer's language and clock; one that this console does not know, in the service's words. */
function Warning({ code, detail, terminals, until }: Preview["warnings"][number]) {
  const { t } = useTranslation("compose");
  const known = KNOWN.find(each => each === code);
  if (known === undefined) return detail;
  return (
    <>
      {t(`warning.${known}`, { count: terminals ?? 0 })}{" "}
      {until !== null && (
        <>
          {t("until")} <Moment at={until} />
        </>
      )}
    </>
  );
}
