import { ActionIcon, Button, Table, Text } from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { everyItem } from "../../api/pages.js";
import type { Sender } from "../../api/schema.js";
import { figure } from "../../format/figures.js";
import { Loading, ProblemAlert } from "../../shell/states.js";
import { print } from "../../target/print.js";
import { SenderForm } from "./SenderForm.js";
import classes from "./Settings.module.css";

const MOST_SHOWN = 1_000;

/** Callers that are held to limits: list, change, free. */
export function Senders() {
  const { t } = useTranslation("settings");
  const api = useApi();
  const queries = useQueryClient();
  const [edited, setEdited] = useState<Sender | "new" | null>(null);
  const senders = useQuery({
    queryKey: ["senders"],
    queryFn: () =>
      everyItem(
        async cursor => answered(await api.GET("/v1/senders", { params: { query: { ...(cursor && { cursor }) } } })),
        MOST_SHOWN,
      ),
  });
  const free = useMutation({
    mutationFn: (sub: string) => api.DELETE("/v1/senders/{sub}", { params: { path: { sub } } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["senders"] }),
  });
  if (senders.isPending) return <Loading />;
  if (senders.isError) return <ProblemAlert error={senders.error} retry={() => void senders.refetch()} />;
  const none = t("noLimit");
  return (
    <>
      {senders.data.items.length === 0 && <Text c="dimmed">{t("sendersNone")}</Text>}
      {senders.data.items.length > 0 && (
        <Table.ScrollContainer minWidth={640} type="native" className={classes.scroll ?? ""} tabIndex={0}>
          <Table verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("sender")}</Table.Th>
                <Table.Th>{t("targets")}</Table.Th>
                <Table.Th>{t("perMinute")}</Table.Th>
                <Table.Th>{t("maxTerminals")}</Table.Th>
                <Table.Th>{t("approveOver")}</Table.Th>
                <Table.Th>
                  <span className="visually-hidden">{t("change")}</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {senders.data.items.map(sender => (
                <Table.Tr key={sender.sub}>
                  <Table.Td>{sender.sub}</Table.Td>
                  <Table.Td>{sender.targets === null ? none : <code>{print(sender.targets)}</code>}</Table.Td>
                  {[sender.per_minute, sender.max_terminals, sender.approve_over].map((value, column) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: the columns are always these three
                    <Table.Td key={column} className="tabular">
                      {value === null ? none : figure(value)}
                    </Table.Td>
                  ))}
                  <Table.Td>
                    <ActionIcon.Group>
                      <ActionIcon
                        variant="default"
                        aria-label={t("changeOf", { sender: sender.sub })}
                        onClick={() => setEdited(sender)}
                      >
                        <IconPencil size={16} aria-hidden />
                      </ActionIcon>
                      <ActionIcon
                        variant="default"
                        aria-label={t("freeOf", { sender: sender.sub })}
                        loading={free.isPending && free.variables === sender.sub}
                        onClick={() => free.mutate(sender.sub)}
                      >
                        <IconTrash size={16} aria-hidden />
                      </ActionIcon>
                    </ActionIcon.Group>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {free.isError && <ProblemAlert error={free.error} />}
      <div className={classes.bar}>
        <Button variant="default" onClick={() => setEdited("new")}>
          {t("addSender")}
        </Button>
      </div>
      {edited !== null && <SenderForm sender={edited === "new" ? null : edited} close={() => setEdited(null)} />}
    </>
  );
}
