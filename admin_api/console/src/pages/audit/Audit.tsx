import { Button, NativeSelect, Table, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDownload } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { everyItem } from "../../api/pages.js";
import { problemOf } from "../../api/problem.js";
import type { AuditEntry } from "../../api/schema.js";
import { csv, saveFile } from "../../format/csv.js";
import { FILTER_BOX } from "../../shell/Keys.js";
import { Moment } from "../../shell/Moment.js";
import { Needs } from "../../shell/Needs.js";
import { Page } from "../../shell/Page.js";
import { Empty, Loading, ProblemAlert } from "../../shell/states.js";
import classes from "./Audit.module.css";
import { Detail } from "./Detail.js";
import { ACTIONS, type AuditFilter, addressOf, filterOf, queryOf } from "./filter.js";
import { Subject } from "./Subject.js";

const MOST_EXPORTED = 50_000;
const EXPORT_PAGE = 500;

/** Who did what. */
export function Component() {
  return (
    <Needs scope="audit:read">
      <Audit />
    </Needs>
  );
}

function Audit() {
  const { t } = useTranslation("audit");
  const api = useApi();
  const [address, setAddress] = useSearchParams();
  const filter = filterOf(address);
  const query = queryOf(filter);
  const entries = useInfiniteQuery({
    queryKey: ["audit", query],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam }) =>
      answered(
        await api.GET("/v1/audit", { params: { query: { ...query, ...(pageParam && { cursor: pageParam }) } } }),
      ),
    getNextPageParam: page => page.next_cursor ?? undefined,
  });
  const rows = entries.data?.pages.flatMap(page => page.items) ?? [];
  return (
    <Page title={t("title")} actions={<Export filter={filter} />}>
      <Filters key={address.toString()} filter={filter} apply={next => setAddress(addressOf(next))} />
      {entries.isPending && <Loading />}
      {entries.isError && <ProblemAlert error={entries.error} retry={() => void entries.refetch()} />}
      {entries.isSuccess && rows.length === 0 && !entries.hasNextPage && (
        <Empty title={t("empty.title")}>{t(address.size > 0 ? "empty.filtered" : "empty.detail")}</Empty>
      )}
      {rows.length > 0 && <Entries rows={rows} />}
      {entries.hasNextPage && (
        <Button
          variant="default"
          className={classes.more}
          loading={entries.isFetchingNextPage}
          onClick={() => void entries.fetchNextPage()}
        >
          {t("actions.more", { ns: "shell" })}
        </Button>
      )}
    </Page>
  );
}

function Entries({ rows }: { rows: readonly AuditEntry[] }) {
  const { t } = useTranslation("audit");
  return (
    <Table.ScrollContainer minWidth={720} type="native">
      <Table verticalSpacing={6} striped={false} highlightOnHover stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={120}>{t("when")}</Table.Th>
            <Table.Th w={130}>{t("actor")}</Table.Th>
            <Table.Th w={170}>{t("action")}</Table.Th>
            <Table.Th w={230}>{t("subject")}</Table.Th>
            <Table.Th>{t("detail")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(entry => (
            <Table.Tr key={entry.id}>
              <Table.Td>
                <Moment at={entry.at} />
              </Table.Td>
              <Table.Td>{entry.actor}</Table.Td>
              <Table.Td>
                <ActionName action={entry.action} />
              </Table.Td>
              <Table.Td className={classes.subject}>
                <Subject entry={entry} />
              </Table.Td>
              <Table.Td>
                <Detail detail={entry.detail} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function ActionName({ action }: { action: string }) {
  const { t, i18n } = useTranslation("audit");
  const key = `actions.${action.replace(".", "_")}`;
  return (
    <>
      {i18n.exists(key, { ns: "audit" }) && <span>{t(key as "title")} </span>}
      <Text component="span" size="xs" c="dimmed" ff="monospace" className={classes.code ?? ""}>
        {action}
      </Text>
    </>
  );
}

function Filters({ filter, apply }: { filter: AuditFilter; apply(filter: AuditFilter): void }) {
  const { t } = useTranslation("audit");
  const [draft, setDraft] = useState<AuditFilter>(filter);
  const change = (name: keyof AuditFilter) => (event: { currentTarget: { value: string } }) =>
    setDraft({ ...draft, [name]: event.currentTarget.value });
  const actions = Object.entries(ACTIONS).map(([thing, names]) => ({
    group: t(`things.${thing}` as "title"),
    items: [
      { value: thing, label: t("anyOf", { thing: t(`things.${thing}` as "title") }) },
      ...names.map(value => ({ value, label: value })),
    ],
  }));
  return (
    <form
      className={classes.filters}
      onSubmit={event => {
        event.preventDefault();
        apply(draft);
      }}
    >
      <TextInput label={t("actor")} value={draft.actor ?? ""} onChange={change("actor")} {...FILTER_BOX} />
      <NativeSelect
        label={t("action")}
        value={draft.action ?? ""}
        data={[{ value: "", label: t("any") }, ...actions]}
        onChange={change("action")}
      />
      <TextInput label={t("subject")} value={draft.subject ?? ""} onChange={change("subject")} />
      <TextInput label={t("from")} type="datetime-local" value={draft.from ?? ""} onChange={change("from")} />
      <TextInput label={t("to")} type="datetime-local" value={draft.to ?? ""} onChange={change("to")} />
      <div className={classes.buttons}>
        <Button type="submit">{t("apply")}</Button>
        <Button variant="default" onClick={() => apply({})} disabled={Object.keys(filter).length === 0}>
          {t("clear")}
        </Button>
      </div>
    </form>
  );
}

function Export({ filter }: { filter: AuditFilter }) {
  const { t } = useTranslation("audit");
  const api = useApi();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      const { items, more } = await everyItem(async cursor => {
        const query = { ...queryOf(filter), limit: EXPORT_PAGE, ...(cursor && { cursor }) };
        return answered(await api.GET("/v1/audit", { params: { query } }));
      }, MOST_EXPORTED);
      const header = ["id", "at", "actor", "action", "subject", "detail"];
      const rows = items.map(entry => [entry.id, entry.at, entry.actor, entry.action, entry.subject, entry.detail]);
      saveFile(`audit-${new Date().toISOString().slice(0, 10)}.csv`, csv(header, rows));
      if (more) notifications.show({ message: t("cut", { count: MOST_EXPORTED }), color: "yellow" });
    } catch (error) {
      const problem = problemOf(error);
      notifications.show({ title: problem.title, message: problem.detail, color: "danger" });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button
      variant="default"
      loading={busy}
      leftSection={<IconDownload size={16} aria-hidden />}
      onClick={() => void save()}
    >
      {t("export")}
    </Button>
  );
}
