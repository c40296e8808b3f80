import { Anchor, Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import type { TerminalPush } from "../../api/schema.js";
import { Moment } from "../../shell/Moment.js";
import { TerminalStateBadge } from "../../shell/StateBadge.js";
import { Loading, ProblemAlert } from "../../shell/states.js";
import { Explain } from "../pushes/Explain.js";
import classes from "./TerminalDrawer.module.css";

const SHOWN = 10;

/** The last pushes that were meant for a terminal, what became of each, and why. */
export function LastPushes({ connectionId, terminalId }: { connectionId: string; terminalId: string }) {
  const api = useApi();
  const { t } = useTranslation("terminals");
  const asked = useQuery({
    queryKey: ["terminal", connectionId, "pushes"],
    queryFn: async () =>
      answered(
        await api.GET("/v1/terminals/{connection_id}/pushes", {
          params: { path: { connection_id: connectionId }, query: { limit: SHOWN } },
        }),
      ).items,
    retry: false,
  });
  return (
    <section className={classes.section}>
      <h2 className={classes.heading}>{t("pushes.title")}</h2>
      {asked.error !== null && <ProblemAlert error={asked.error} retry={() => void asked.refetch()} />}
      {asked.isPending && <Loading />}
      {asked.data?.length === 0 && <Text className={classes.soft}>{t("pushes.none")}</Text>}
      <ul className={classes.list}>
        {asked.data?.map(push => (
          <Meant key={push.id} push={push} terminalId={terminalId} />
        ))}
      </ul>
    </section>
  );
}

function Meant({ push, terminalId }: { push: TerminalPush; terminalId: string }) {
  const { t } = useTranslation("terminals");
  const [explained, setExplained] = useState(false);
  return (
    <li className={classes.item}>
      <Anchor component={Link} inherit className={classes.grow} to={`/pushes/${encodeURIComponent(push.id)}`}>
        {push.title ?? push.id}
      </Anchor>
      {push.receipt === null ? (
        <span className={classes.soft}>{t("pushes.noReceipt")}</span>
      ) : (
        <TerminalStateBadge state={push.receipt} />
      )}
      <span className={classes.soft}>
        <Moment at={push.at} relative />
      </span>
      <Button
        size="compact-xs"
        variant="subtle"
        aria-expanded={explained}
        aria-label={t("pushes.whyLabel", { push: push.title ?? push.id })}
        onClick={() => setExplained(!explained)}
      >
        {t("pushes.why")}
      </Button>
      {explained && (
        <div className={classes.explained}>
          <Explain pushId={push.id} terminalId={terminalId} />
        </div>
      )}
    </li>
  );
}
