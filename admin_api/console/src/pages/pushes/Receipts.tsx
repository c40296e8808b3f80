import { Anchor, Button, NativeSelect, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useApi } from "../../api/context.js";
import type { PushDetail, Receipt } from "../../api/schema.js";
import { csv, saveFile } from "../../format/csv.js";
import { figure } from "../../format/figures.js";
import { Moment } from "../../shell/Moment.js";
import { TerminalStateBadge } from "../../shell/StateBadge.js";
import { Loading, ProblemAlert } from "../../shell/states.js";
import classes from "./Receipts.module.css";
import { everyReceipt, keepsReceipts, kindsOf, type ReceiptFilter, useReceipts, type Which } from "./receipts.js";

const WHICH: readonly Which[] = ["open", "failed", "gone", "recalled", "all"];

interface ReceiptsProps {
  readonly push: PushDetail;
  /** How many waves it has. */
  readonly waves: number;
  readonly live: boolean;
  /** A terminal is to be explained. */
  readonly onTerminal: (terminalId: string) => void;
}

/** Who has not acknowledged a push, or whom it failed at: a table of terminals, by wave, to be saved as CSV. */
export function Receipts({ push, waves, live, onTerminal }: ReceiptsProps) {
  const { t } = useTranslation("pushes");
  const [which, setWhich] = useState<Which>(push.state === "cancelled" ? "all" : "open");
  const [wave, setWave] = useState<number | null>(null);
  const filter = { kinds: kindsOf(which, push), wave };
  const asked = useReceipts(push, filter, live);
  if (!keepsReceipts(push)) return <Text c="dimmed">{t("receipts.none")}</Text>;
  const receipts = asked.data?.pages.flatMap(page => page.items) ?? [];
  const read = push.strategy.ack?.need === "read";
  return (
    <>
      <div className={classes.filters}>
        <NativeSelect
          size="xs"
          aria-label={t("receipts.which")}
          value={which}
          onChange={event => setWhich(event.currentTarget.value as Which)}
          data={WHICH.map(value => ({
            value,
            label: t(value === "open" ? (read ? "receipts.unread" : "receipts.unreceived") : `receipts.${value}`),
          }))}
        />
        {waves > 1 && (
          <NativeSelect
            size="xs"
            aria-label={t("receipts.wave")}
            value={wave ?? ""}
            onChange={event => setWave(event.currentTarget.value === "" ? null : Number(event.currentTarget.value))}
            data={[
              { value: "", label: t("receipts.allWaves") },
              ...Array.from({ length: waves }, (_, place) => ({
                value: String(place + 1),
                label: t("receipts.ofWave", { wave: place + 1 }),
              })),
            ]}
          />
        )}
        <Export push={push} filter={filter} disabled={receipts.length === 0} />
      </div>
      {asked.error !== null && <ProblemAlert error={asked.error} retry={() => void asked.refetch()} />}
      {asked.isPending && <Loading />}
      {asked.data !== undefined && receipts.length === 0 && (
        <Text c="dimmed">{t(`receipts.nobody.${push.counts.sent === 0 && which === "open" ? "all" : which}`)}</Text>
      )}
      {receipts.length > 0 && <ReceiptTable push={push} receipts={receipts} onTerminal={onTerminal} />}
      {asked.hasNextPage && (
        <Button
          variant="default"
          size="xs"
          loading={asked.isFetchingNextPage}
          onClick={() => void asked.fetchNextPage()}
          className={classes.more ?? ""}
        >
          {t("receipts.more", { shown: figure(receipts.length) })}
        </Button>
      )}
    </>
  );
}

function ReceiptTable({
  push,
  receipts,
  onTerminal,
}: {
  push: PushDetail;
  receipts: readonly Receipt[];
  onTerminal: (terminalId: string) => void;
}) {
  const { t } = useTranslation("pushes");
  const cancelled = push.state === "cancelled";
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{t("receipts.terminal")}</th>
            <th scope="col">{t("receipts.user")}</th>
            <th scope="col">{t("receipts.state")}</th>
            <th scope="col">{t("receipts.at")}</th>
            <th scope="col">{cancelled ? t("receipts.recall") : t("receipts.detail")}</th>
          </tr>
        </thead>
        <tbody>
          {receipts.map(receipt => (
            <tr key={receipt.terminal_id}>
              <td>
                <Anchor component="button" type="button" size="sm" onClick={() => onTerminal(receipt.terminal_id)}>
                  {receipt.terminal_id}
                </Anchor>
              </td>
              <td>{receipt.user}</td>
              <td>
                <TerminalStateBadge state={receipt.kind} />
              </td>
              <td>
                <Moment at={receipt.at} />
              </td>
              <td>{cancelled && receipt.recall !== null ? t(`receipts.recalls.${receipt.recall}`) : receipt.detail}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Export({ push, filter, disabled }: { push: PushDetail; filter: ReceiptFilter; disabled: boolean }) {
  const { t } = useTranslation("pushes");
  const api = useApi();
  const saving = useMutation({
    mutationFn: async () => {
      const rows = await everyReceipt(api, push.id, filter);
      const header = ["terminal_id", "user", "kind", "at", "detail", "stage", "recall"] as const;
      saveFile(
        `push-${push.id}.csv`,
        csv(
          header,
          rows.map(row => header.map(name => row[name])),
        ),
      );
    },
  });
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconDownload size={14} aria-hidden />}
        loading={saving.isPending}
        disabled={disabled}
        onClick={() => saving.mutate()}
      >
        {t("receipts.export")}
      </Button>
      {saving.error !== null && <ProblemAlert error={saving.error} />}
    </>
  );
}
