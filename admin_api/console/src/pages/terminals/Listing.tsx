import { Button, Group, Text } from "@mantine/core";
import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Audience } from "../../api/schema.js";
import { Empty, Loading, ProblemAlert } from "../../shell/states.js";
import { useVocabulary } from "../../target/vocabulary.js";
import { attributeColumns } from "./columns.js";
import classes from "./Listing.module.css";
import { keyOf, type Row, useAway, useConnected } from "./rows.js";
import { TerminalTable } from "./TerminalTable.js";

interface ListingProps {
  readonly filter: string;
  readonly away: boolean;
  /** Of exactly this filter; undefined while it is being counted. */
  readonly counts: Audience | undefined;
  readonly opened: { readonly connection: string | null; readonly away: string | null };
  readonly onOpen: (row: Row) => void;
}

/** The terminals of a filter as they were read; what came and went since is said above, and read when one asks. */
export function Listing({ filter, away, counts, opened, onOpen }: ListingProps) {
  const { t } = useTranslation("terminals");
  const connected = useConnected(filter, !away);
  const gone = useAway(filter, away);
  const query = away ? gone : connected;
  const rows = useMemo(
    () => distinct((query.data?.pages ?? []).flatMap((page): readonly Row[] => page.items)),
    [query.data],
  );
  const total = counts === undefined ? null : away ? counts.away : counts.connections;
  const { changed, settle } = useChangesSince(total, query.dataUpdatedAt);
  const vocabulary = useVocabulary();
  const attributes = useMemo(() => attributeColumns(vocabulary), [vocabulary]);
  const { fetchNextPage, refetch } = query;
  const load = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  if (query.error !== null && rows.length === 0)
    return <ProblemAlert error={query.error} retry={() => void refetch()} />;
  if (query.data === undefined) return <Loading />;
  if (rows.length === 0 && !query.hasNextPage) return <Nobody filtered={filter !== ""} away={away} />;
  const again = () => {
    settle();
    void refetch();
  };
  return (
    <div className={classes.listing}>
      {changed !== 0 && (
        <Group gap="xs" className={classes.hint} role="status">
          <Text c="dimmed">
            {changed > 0 ? t("table.came", { count: changed }) : t("table.went", { count: -changed })}
          </Text>
          <Button size="compact-xs" variant="default" onClick={again}>
            {t("table.again")}
          </Button>
        </Group>
      )}
      <TerminalTable
        label={t(away ? "table.away" : "table.connected")}
        rows={rows}
        total={total}
        attributes={attributes}
        away={away}
        opened={away ? opened.away : opened.connection}
        onOpen={onOpen}
        more={{ there: query.hasNextPage, loading: query.isFetchingNextPage, load }}
      />
    </div>
  );
}

/** How many more or fewer there are than when the rows were read. */
function useChangesSince(total: number | null, readAt: number) {
  const [then, setThen] = useState<{ total: number; readAt: number } | null>(null);
  if (total !== null && readAt !== 0 && then === null) setThen({ total, readAt });
  return { changed: total === null || then === null ? 0 : total - then.total, settle: () => setThen(null) };
}

/** A terminal that reconnects while pages are read may be on two of them. */
function distinct(rows: readonly Row[]): readonly Row[] {
  return [...new Map(rows.map(row => [keyOf(row), row])).values()];
}

function Nobody({ filtered, away }: { filtered: boolean; away: boolean }) {
  const { t } = useTranslation("terminals");
  if (filtered) return <Empty title={t("empty.filtered")}>{t("empty.filteredDetail")}</Empty>;
  if (away) return <Empty title={t("empty.away")}>{t("empty.awayDetail")}</Empty>;
  return (
    <Empty title={t("empty.nobody")} command="fanfare simulate --terminals 120">
      {t("empty.nobodyDetail")}
    </Empty>
  );
}
