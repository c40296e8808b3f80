import { Button, Tabs, Text } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { problemOf } from "../../api/problem.js";
import type { Audience } from "../../api/schema.js";
import { figure } from "../../format/figures.js";
import { useSession } from "../../session/session.js";
import { Needs } from "../../shell/Needs.js";
import { Page } from "../../shell/Page.js";
import { tryParse } from "../../target/parse.js";
import { TargetInput } from "../../target/TargetInput.js";
import { Breakdown } from "./Breakdown.js";
import { Listing } from "./Listing.js";
import { isConnected, keyOf, type Row, useCounts } from "./rows.js";
import { TerminalDrawer } from "./TerminalDrawer.js";

const TYPING_MS = 250;

/** Who is there: a filter in the language of targets, its counts, and the terminals that it means. */
export function Component() {
  const { t } = useTranslation("terminals");
  return (
    <Needs scope="terminals:read">
      <Terminals title={t("title")} />
    </Needs>
  );
}

function Terminals({ title }: { title: string }) {
  const { t } = useTranslation("terminals");
  const { may } = useSession();
  const { filter, text, type, narrow, away, opened, change } = usePlace();
  const counts = useCounts(filter);
  const audience = counts.data;
  const refused = counts.error === null ? null : problemOf(counts.error);
  const open = (row: Row) =>
    change(isConnected(row) ? { open: keyOf(row), away: null } : { open: null, away: row.terminal_id });
  return (
    <Page
      title={title}
      actions={
        may("push:send") && (
          <Button
            component={Link}
            size="xs"
            variant="default"
            to={`/compose?${new URLSearchParams({ target: filter === "" ? "all" : filter })}`}
          >
            {t("send")}
          </Button>
        )
      }
    >
      <div>
        <TargetInput
          label={t("filter.label")}
          hideLabel
          placeholder={t("filter.placeholder")}
          value={text}
          onChange={type}
          onSubmit={narrow}
          error={refused?.code === "invalid_target" ? refused : null}
          filterBox
          hint={<Counts audience={audience} filtered={filter !== ""} />}
        />
        {audience !== undefined && <Breakdown audience={audience} filter={filter} onFilter={narrow} />}
      </div>
      <Tabs
        value={away ? "away" : "connected"}
        onChange={tab => change({ tab: tab === "away" ? "away" : null })}
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="connected">
            {t("tab.connected")} <Figure value={audience?.connections} />
          </Tabs.Tab>
          <Tabs.Tab value="away">
            {t("tab.away")} <Figure value={audience?.away} />
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value={away ? "away" : "connected"} pt="sm">
          <Listing
            key={`${away} ${filter}`}
            filter={filter}
            away={away}
            counts={counts.isPlaceholderData ? undefined : audience}
            opened={opened}
            onOpen={open}
          />
        </Tabs.Panel>
      </Tabs>
      <TerminalDrawer
        opened={opened}
        onClose={() => change({ open: null, away: null })}
        onOpen={next => change(next)}
        onFilter={next => {
          narrow(next);
          change({ open: null, away: null });
        }}
      />
    </Page>
  );
}

/** What the address says: the filter, the tab, and what is open. Who types is followed a quarter of a second later. */
function usePlace() {
  const [place, setPlace] = useSearchParams();
  const filter = place.getAll("target").join(" and ");
  const [text, setText] = useState(filter);
  // Going back, or a link, changes the filter from outside.
  const [from, setFrom] = useState(filter);
  if (from !== filter) {
    setFrom(filter);
    if (text.trim() !== filter) setText(filter);
  }
  const change = (changes: Readonly<Record<string, string | null>>) =>
    setPlace(
      before => {
        const next = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changes)) {
          if (value === null || value === "") next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true },
    );
  const follow = useDebouncedCallback((typed: string) => {
    const trimmed = typed.trim();
    if (trimmed === "" || tryParse(trimmed).fault === null) change({ target: trimmed });
  }, TYPING_MS);
  useEffect(() => () => follow.cancel(), [follow]);
  return {
    filter,
    text,
    type: (typed: string) => {
      setText(typed);
      follow(typed);
    },
    narrow: (next: string) => {
      follow.cancel();
      setText(next);
      change({ target: next.trim() });
    },
    away: place.get("tab") === "away",
    opened: { connection: place.get("open"), away: place.get("away") },
    change,
  };
}

function Counts({ audience, filtered }: { audience: Audience | undefined; filtered: boolean }) {
  const { t } = useTranslation("terminals");
  if (audience === undefined) return null;
  const { connections, users, away, exact } = audience;
  const everybody = audience.flow?.in;
  return (
    <span className="tabular">
      {filtered && everybody !== undefined
        ? t("counts.ofAll", { count: connections, all: everybody })
        : t(exact ? "counts.connections" : "counts.about", { count: connections })}
      {" · "}
      {t("counts.users", { count: users })}
      {" · "}
      {t("counts.away", { count: away })}
    </span>
  );
}

function Figure({ value }: { value: number | undefined }) {
  return (
    <Text span inherit c="dimmed" className="tabular">
      {value === undefined ? "" : figure(value)}
    </Text>
  );
}
