import { Alert, Button, Loader, Table } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Preview } from "../../api/schema.js";
import { dollars, figure, percent } from "../../format/figures.js";
import { useNow } from "../../format/now.js";
import { PushPicture } from "../../picture/PushPicture.js";
import { Moment } from "../../shell/Moment.js";
import classes from "./Compose.module.css";
import { outcomeOf } from "./outcome.js";

/** The most bytes that a push may have as a frame. */
const MOST_FRAME_BYTES = 32_768;

interface WhatIfProps {
  readonly preview: Preview;
  /** Whether it is of what is written now. */
  readonly fresh: boolean;
  readonly pending: boolean;
  readonly at: Date | null;
  readonly again: () => void;
  readonly compare: { readonly name: string; readonly preview: Preview } | null;
  /** Below the picture. */
  readonly children?: ReactNode;
}

/** What the push would do: its picture, with the figures that one decides by. */
export function WhatIf({ preview, fresh, pending, at, again, compare, children }: WhatIfProps) {
  const { t } = useTranslation("compose");
  const now = useNow(10_000);
  return (
    <div className={classes.whatIf} aria-busy={pending}>
      <div className={classes.counted}>
        <p className={classes.hint} role="status">
          {pending ? t("preview.pending") : fresh ? t("preview.fresh") : t("preview.old")}
          {!pending && fresh && at !== null && (
            <>
              {" "}
              <Moment at={at.toISOString()} relative />
            </>
          )}
        </p>
        {pending ? (
          <Loader size={14} aria-hidden />
        ) : (
          <Button
            size="compact-xs"
            variant="subtle"
            leftSection={<IconRefresh size={13} aria-hidden />}
            onClick={again}
          >
            {t("preview.again")}
          </Button>
        )}
      </div>
      <Figures preview={preview} />
      <Warnings warnings={preview.warnings} />
      <PushPicture
        audience={preview.audience}
        forecast={preview.timeline}
        actual={null}
        compare={compare === null ? null : { name: compare.name, picture: compare.preview.timeline }}
        now={now}
      />
      {children}
      <Sample preview={preview} />
    </div>
  );
}

function Figures({ preview }: { preview: Preview }) {
  const { t } = useTranslation("compose");
  const { reachedAt, endsAt, usd, mostUsd } = outcomeOf(preview);
  return (
    <dl className={`${classes.figures} tabular`}>
      <Figure name={t("figure.reached")}>{reachedAt === null ? t("figure.nobody") : <Moment at={reachedAt} />}</Figure>
      <Figure name={t("figure.ends")}>
        <Moment at={endsAt} />
      </Figure>
      <Figure name={t("figure.cost")} note={t("figure.most", { cost: dollars(mostUsd) })}>
        {dollars(usd)}
      </Figure>
      <Figure
        name={t("figure.frame")}
        note={t("figure.frameShare", { share: percent(preview.frame_bytes / MOST_FRAME_BYTES) })}
      >
        {t("figure.bytes", { count: preview.frame_bytes })}
      </Figure>
    </dl>
  );
}

function Figure({ name, note, children }: { name: string; note?: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {children}
        {note !== undefined && <small>{note}</small>}
      </dd>
    </div>
  );
}

function Warnings({ warnings }: { warnings: Preview["warnings"] }) {
  const { t } = useTranslation("compose");
  if (warnings.length === 0) return null;
  return (
    <Alert color="yellow" title={t("warnings", { count: warnings.length })} className={classes.warnings}>
      <ul className={classes.list}>
        {warnings.map(warning => (
          <li key={warning.code}>
            <Warning {...warning} />
          </li>
        ))}
      </ul>
    </Alert>
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
      {t(`warning.${known}`, { count: terminals ?? 0 })}
      {until !== null && (
        <>
          {" "}
          {t("until")} <Moment at={until} />
        </>
      )}
    </>
  );
}

function Sample({ preview }: { preview: Preview }) {
  const { t } = useTranslation("compose");
  const { sample, cost, topics } = preview;
  return (
    <div className={classes.details}>
      <details>
        <summary>{t("sample.heading", { count: sample.length })}</summary>
        <div className={classes.scroll}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t("sample.terminal")}</Table.Th>
                <Table.Th scope="col">{t("sample.groups")}</Table.Th>
                <Table.Th scope="col">{t("sample.attributes")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {sample.map(terminal => (
                <Table.Tr key={terminal.connection_id}>
                  <Table.Td>{terminal.terminal_id}</Table.Td>
                  <Table.Td>{terminal.groups.join(", ")}</Table.Td>
                  <Table.Td>
                    {Object.entries(terminal.attributes)
                      .map(([name, value]) => `${name}=${value}`)
                      .join("  ")}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      </details>
      <details>
        <summary>{t("cost.heading")}</summary>
        <ul className={classes.list}>
          {cost.assumes.map(assumption => (
            <li key={assumption}>{assumption}</li>
          ))}
          <li>
            {t("cost.reads", {
              topics: topics.slice(0, 5).join(", "),
              count: topics.length,
              total: figure(topics.length),
            })}
          </li>
        </ul>
      </details>
    </div>
  );
}
