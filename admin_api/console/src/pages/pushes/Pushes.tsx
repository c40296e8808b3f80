import { Button, MultiSelect, TextInput } from "@mantine/core";
import { IconPlus, IconUser } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { LIVE } from "../../api/live.js";
import { useSession } from "../../session/session.js";
import { FILTER_BOX } from "../../shell/Keys.js";
import { Needs } from "../../shell/Needs.js";
import { Page } from "../../shell/Page.js";
import { Empty, Loading, ProblemAlert } from "../../shell/states.js";
import { addressOf, type Filters, filtersOf, isFiltered, STATES } from "./filters.js";
import classes from "./Pushes.module.css";
import { PushRow } from "./PushRow.js";

const PAGE = 30;

/** All pushes, newest first: what is under way, what came of the others. */
export function Component() {
  const { t } = useTranslation("pushes");
  const { may } = useSession();
  const newPush = may("push:send") && (
    <Button component={Link} to="/compose" size="xs" leftSection={<IconPlus size={16} aria-hidden />}>
      {t("list.new")}
    </Button>
  );
  return (
    <Page title={t("list.title")} actions={newPush}>
      <Needs scope="push:read">
        <Listing />
      </Needs>
    </Page>
  );
}

function Listing() {
  const { t } = useTranslation(["pushes", "shell"]);
  const [address, setAddress] = useSearchParams();
  const filters = filtersOf(address);
  const change = (changed: Partial<Filters>) => setAddress(addressOf({ ...filters, ...changed }), { replace: true });
  const asked = usePushes(filters);
  const pushes = asked.data?.pages.flatMap(page => page.items) ?? [];
  const isEmpty = asked.data !== undefined && pushes.length === 0 && !asked.hasNextPage;
  return (
    <>
      <div className={classes.filters}>
        <MultiSelect
          aria-label={t("list.state")}
          placeholder={filters.states.length === 0 ? t("list.anyState") : ""}
          data={STATES.map(state => ({ value: state, label: t(`shell:pushState.${state}`) }))}
          value={[...filters.states]}
          onChange={states => change({ states: states as Filters["states"] })}
          clearable
          clearButtonProps={{ "aria-label": t("list.anyState") }}
          hidePickedOptions
          className={classes.states ?? ""}
          size="sm"
        />
        <SenderFilter value={filters.sender} onChange={sender => change({ sender })} />
      </div>
      {asked.error !== null && <ProblemAlert error={asked.error} retry={() => void asked.refetch()} />}
      {asked.isPending && <Loading />}
      {isEmpty && <Nothing filtered={isFiltered(filters)} clear={() => change({ states: [], sender: "" })} />}
      {pushes.length > 0 && (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t("list.state")}</th>
              <th scope="col">{t("list.push")}</th>
              <th scope="col">{t("list.progress")}</th>
              <th scope="col">{t("list.strategy")}</th>
              <th scope="col">{t("list.sender")}</th>
              <th scope="col">{t("list.when")}</th>
            </tr>
          </thead>
          <tbody>
            {pushes.map(push => (
              <PushRow key={push.id} push={push} />
            ))}
          </tbody>
        </table>
      )}
      {asked.hasNextPage && (
        <Button
          variant="default"
          loading={asked.isFetchingNextPage}
          onClick={() => void asked.fetchNextPage()}
          mx="auto"
        >
          {t("list.older")}
        </Button>
      )}
    </>
  );
}

function usePushes({ states, sender }: Filters) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ["pushes", states, sender],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam }) => {
      const query = {
        limit: PAGE,
        state: [...states],
        ...(sender !== "" && { sender }),
        ...(pageParam !== null && { cursor: pageParam }),
      };
      return answered(await api.GET("/v1/pushes", { params: { query } }));
    },
    getNextPageParam: page => page.next_cursor,
    ...LIVE,
  });
}

/** A sender's name, applied by Enter or when one leaves the box: the service wants it whole. */
function SenderFilter({ value, onChange }: { value: string; onChange: (sender: string) => void }) {
  const { t } = useTranslation("pushes");
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const apply = () => {
    if (typed.trim() !== value) onChange(typed.trim());
  };
  return (
    <TextInput
      {...FILTER_BOX}
      aria-label={t("list.sender")}
      placeholder={t("list.anySender")}
      leftSection={<IconUser size={16} aria-hidden />}
      value={typed}
      onChange={event => setTyped(event.currentTarget.value)}
      onBlur={apply}
      onKeyDown={event => event.key === "Enter" && apply()}
      className={classes.senders ?? ""}
      size="sm"
    />
  );
}

function Nothing({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  const { t } = useTranslation("pushes");
  const { may } = useSession();
  if (filtered) {
    return (
      <Empty title={t("list.noneSuch")}>
        <Button variant="default" size="xs" onClick={clear}>
          {t("list.clear")}
        </Button>
      </Empty>
    );
  }
  return (
    <Empty title={t("list.none")} command="fanfare push --group ops 'Printer 4 is back'">
      {may("push:send") && (
        <Button component={Link} to="/compose" size="xs" mb="sm">
          {t("list.new")}
        </Button>
      )}
      <div>{t("list.noneHint")}</div>
    </Empty>
  );
}
