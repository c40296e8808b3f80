import { Button, Drawer, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { problemOf } from "../../api/problem.js";
import type { AwayTerminal, TerminalDetail, User } from "../../api/schema.js";
import { useSession } from "../../session/session.js";
import { Empty, Loading, ProblemAlert } from "../../shell/states.js";
import { print } from "../../target/print.js";
import { BlockUser } from "./BlockUser.js";
import { CloseConnection } from "./CloseConnection.js";
import { Asking } from "./Confirm.js";
import { Facts } from "./Facts.js";
import { userOf } from "./filter.js";
import { GivenGroups } from "./GivenGroups.js";
import { LastPushes } from "./LastPushes.js";
import { OtherTerminals } from "./OtherTerminals.js";
import { Presence } from "./Presence.js";
import { RevokeTokens } from "./RevokeTokens.js";
import classes from "./TerminalDrawer.module.css";
import { Verify } from "./Verify.js";

/** What is open: a connection by its id, or a terminal that is away by its own. */
export interface Opened {
  readonly connection: string | null;
  readonly away: string | null;
}

interface TerminalDrawerProps {
  readonly opened: Opened;
  readonly onClose: () => void;
  /** Goes to another terminal: the members of the address to change. */
  readonly onOpen: (next: { open: string | null; away: string | null }) => void;
  readonly onFilter: (filter: string) => void;
}

/** How long what the drawer shows may be old. */
const KEPT = { refetchInterval: 10_000, refetchIntervalInBackground: false, retry: false } as const;

/** All that is known of one terminal and its user, and what can be done about them. */
export function TerminalDrawer({ opened, onClose, onOpen, onFilter }: TerminalDrawerProps) {
  const { t } = useTranslation("terminals");
  const { connection, away } = opened;
  const [asks, setAsks] = useState(false);
  return (
    <Drawer
      opened={connection !== null || away !== null}
      onClose={onClose}
      position="right"
      size={480}
      title={t("drawer.title")}
      closeButtonProps={{ "aria-label": t("drawer.close") }}
      closeOnEscape={!asks}
    >
      <Asking value={setAsks}>
        {connection !== null && <Connected key={connection} id={connection} onOpen={onOpen} onFilter={onFilter} />}
        {connection === null && away !== null && <Gone key={away} id={away} onOpen={onOpen} onFilter={onFilter} />}
      </Asking>
    </Drawer>
  );
}

type ContentProps = Pick<TerminalDrawerProps, "onOpen" | "onFilter"> & { readonly id: string };

function Connected({ id, onOpen, onFilter }: ContentProps) {
  const api = useApi();
  const { t } = useTranslation("terminals");
  const asked = useQuery({
    queryKey: ["terminal", id],
    queryFn: async () =>
      answered(await api.GET("/v1/terminals/{connection_id}", { params: { path: { connection_id: id } } })),
    ...KEPT,
  });
  const user = useUser(asked.data?.user ?? null);
  if (asked.error !== null && problemOf(asked.error).code === "terminal_not_found") {
    // Whose connection is closed, or who is blocked, is looked at on: what was done may be taken back here.
    if (asked.data !== undefined) return <Gone id={asked.data.terminal_id} onOpen={onOpen} onFilter={onFilter} />;
    return <Empty title={t("drawer.gone")}>{t("drawer.goneDetail")}</Empty>;
  }
  if (asked.data === undefined) {
    return asked.error === null ? <Loading /> : <ProblemAlert error={asked.error} retry={() => void asked.refetch()} />;
  }
  return <Content terminal={asked.data} user={user.data} onOpen={onOpen} onFilter={onFilter} />;
}

function Gone({ id, onOpen, onFilter }: ContentProps) {
  const { t } = useTranslation("terminals");
  const user = useUser(userOf(id));
  if (user.data === undefined) {
    return user.error === null ? <Loading /> : <ProblemAlert error={user.error} retry={() => void user.refetch()} />;
  }
  const terminal = user.data.away.find(each => each.terminal_id === id);
  if (terminal !== undefined)
    return <Content terminal={terminal} user={user.data} onOpen={onOpen} onFilter={onFilter} />;
  const back = user.data.connections.find(each => each.terminal_id === id);
  return (
    <Empty title={t(back === undefined ? "drawer.forgotten" : "drawer.back")}>
      {back !== undefined && (
        <Button variant="default" onClick={() => onOpen({ open: back.connection_id, away: null })}>
          {t("drawer.openIt")}
        </Button>
      )}
    </Empty>
  );
}

interface ShownProps extends Pick<TerminalDrawerProps, "onOpen" | "onFilter"> {
  readonly terminal: TerminalDetail | AwayTerminal;
  readonly user: User | undefined;
}

function Content({ terminal, user, onOpen, onFilter }: ShownProps) {
  const { t } = useTranslation("terminals");
  const { may } = useSession();
  const connected = "connection_id" in terminal ? terminal : null;
  return (
    <div className={classes.content}>
      <div>
        <Group gap="sm" justify="space-between" wrap="nowrap" align="flex-start">
          <Text className={classes.name}>{terminal.terminal_id}</Text>
          <Presence presence={connected?.presence ?? "away"} />
        </Group>
        <Group gap="xs" mt="xs">
          {connected !== null && <Verify connectionId={connected.connection_id} />}
          {may("push:send") && (
            <Button
              component={Link}
              size="xs"
              variant="default"
              to={`/compose?${new URLSearchParams({ target: print({ terminals: [terminal.terminal_id] }) })}`}
            >
              {t("drawer.send")}
            </Button>
          )}
          {connected !== null && may("terminals:manage") && <CloseConnection terminal={connected} />}
        </Group>
      </div>
      <Facts terminal={terminal} onFilter={onFilter} />
      <GivenGroups user={terminal.user} groups={terminal.groups} given={user?.given_groups} />
      {connected !== null && may("push:read") && (
        <LastPushes connectionId={connected.connection_id} terminalId={connected.terminal_id} />
      )}
      {user !== undefined && <OtherTerminals user={user} shown={terminal.terminal_id} onOpen={onOpen} />}
      {user !== undefined && may("terminals:manage") && (
        <section className={classes.section}>
          <h2 className={classes.heading}>{t("out.title", { user: user.user })}</h2>
          <BlockUser user={user} />
          <RevokeTokens user={user} tokenId={connected?.token_id ?? null} />
        </section>
      )}
    </div>
  );
}

function useUser(user: string | null) {
  const api = useApi();
  return useQuery({
    queryKey: ["user", user],
    queryFn: async () => answered(await api.GET("/v1/users/{user}", { params: { path: { user: user ?? "" } } })),
    enabled: user !== null,
    ...KEPT,
  });
}
