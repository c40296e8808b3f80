// biome-ignore-all lint/a11y/useSemanticElements: elements of a table cannot draw only the rows that are in view
// biome-ignore-all lint/a11y/useFocusableInteractive: rows and cells do nothing by themselves; their buttons take focus
import { Loader } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Moment } from "../../shell/Moment.js";
import { Presence } from "./Presence.js";
import { isConnected, keyOf, type Row } from "./rows.js";
import classes from "./TerminalTable.module.css";

interface TerminalTableProps {
  readonly label: string;
  readonly rows: readonly Row[];
  /** How many there are in all, as far as that is known. */
  readonly total: number | null;
  readonly attributes: readonly string[];
  readonly away: boolean;
  readonly opened: string | null;
  readonly onOpen: (row: Row) => void;
  readonly more: { readonly there: boolean; readonly loading: boolean; load(): void };
}

const ROW_PX = 36;
const NARROW_ROW_PX = 60;
const OVERSCAN = 12;
/** Rows before the end at which the next page is asked for. */
const AHEAD = 40;
const GROUPS_SHOWN = 3;

/** Thousands of terminals as a table, of which only what is in view is drawn. */
export function TerminalTable({ label, rows, total, attributes, away, opened, onOpen, more }: TerminalTableProps) {
  const { t } = useTranslation("terminals");
  const narrow = useMediaQuery("(max-width: 48em)") ?? false;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (narrow ? NARROW_ROW_PX : ROW_PX),
    getItemKey: index => keyOf(rows[index] as Row),
    overscan: OVERSCAN,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another height are measured again
  useEffect(() => virtual.measure(), [narrow]);
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  const { there, loading, load } = more;
  useEffect(() => {
    if (there && !loading && last >= rows.length - AHEAD) load();
  }, [there, loading, load, last, rows.length]);
  const columns = `minmax(96px, 1.1fr) minmax(120px, 1.3fr) minmax(120px, 1.4fr) repeat(${attributes.length}, minmax(72px, 0.8fr)) 128px${away ? "" : " 104px"}`;
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      role="table"
      aria-label={label}
      aria-rowcount={(there ? total : rows.length) ?? -1}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must scroll by keys as well
      tabIndex={0}
      style={{ "--columns": columns } as CSSProperties}
    >
      <div role="rowgroup" className={classes.heads}>
        <div role="row" className={classes.headRow}>
          <Head>{t("column.user")}</Head>
          <Head>{t("column.terminal")}</Head>
          <Head>{t("column.groups")}</Head>
          {attributes.map(name => (
            <Head key={name}>{name}</Head>
          ))}
          <Head>{t(away ? "column.seen" : "column.since")}</Head>
          {!away && <Head>{t("column.presence")}</Head>}
        </div>
      </div>
      <div role="rowgroup" className={classes.body} style={{ height: virtual.getTotalSize() }}>
        {shown.map(({ index, start, size, key }) => {
          const row = rows[index];
          if (row === undefined) return null;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the button in it does the same for keys
            <div
              key={key}
              role="row"
              aria-rowindex={index + 2}
              className={classes.row}
              data-opened={opened === keyOf(row) || undefined}
              style={{ transform: `translateY(${start}px)`, height: size }}
              onClick={() => onOpen(row)}
            >
              <Cells row={row} attributes={attributes} onOpen={onOpen} />
            </div>
          );
        })}
      </div>
      {loading && (
        <div className={classes.loading}>
          <Loader size="xs" aria-label={t("table.loading")} />
        </div>
      )}
    </div>
  );
}

function Head({ children }: { children: string }) {
  return (
    <span role="columnheader" className={classes.head}>
      {children}
    </span>
  );
}

function Cells({ row, attributes, onOpen }: Pick<TerminalTableProps, "attributes" | "onOpen"> & { row: Row }) {
  const { t } = useTranslation("terminals");
  const { groups } = row;
  const name = row.terminal_id.startsWith(`${row.user}/`)
    ? row.terminal_id.slice(row.user.length + 1)
    : row.terminal_id;
  return (
    <>
      <span role="cell" className={classes.user}>
        <button
          type="button"
          className={classes.open}
          aria-label={t("table.open", { terminal: row.terminal_id })}
          onClick={event => {
            event.stopPropagation();
            onOpen(row);
          }}
        >
          {row.user}
        </button>
      </span>
      <span role="cell" className={classes.terminal} title={row.terminal_id}>
        {name}
      </span>
      <span role="cell" className={classes.groups} title={groups.join(", ")}>
        {groups.slice(0, GROUPS_SHOWN).join(", ")}
        {groups.length > GROUPS_SHOWN && ` ${t("table.moreGroups", { count: groups.length - GROUPS_SHOWN })}`}
      </span>
      {attributes.map(attribute => (
        <span key={attribute} role="cell" className={classes.attribute}>
          {String(row.attributes[attribute] ?? "")}
        </span>
      ))}
      <span role="cell" className={classes.since}>
        <Moment at={isConnected(row) ? row.connected_at : row.last_seen_at} relative />
      </span>
      {isConnected(row) && (
        <span role="cell" className={classes.presence}>
          <Presence presence={row.presence} />
        </span>
      )}
    </>
  );
}
