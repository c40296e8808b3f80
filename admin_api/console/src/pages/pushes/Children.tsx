import { Anchor, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type Api, answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { SLOWLY } from "../../api/live.js";
import type { Push, PushDetail } from "../../api/schema.js";
import { Moment } from "../../shell/Moment.js";
import { PushStateBadge } from "../../shell/StateBadge.js";
import { ProblemAlert } from "../../shell/states.js";
import classes from "./PushPage.module.css";

/** Whether other pushes may come of a push: its runs, or whom it was escalated to. */
export const mayHaveChildren = ({ repeat, strategy }: PushDetail): boolean =>
  repeat != null || strategy.ack?.escalate != null;

/** The pushes that came of one: the runs of one that repeats, or its escalation. */
export function Children({ push }: { push: PushDetail }) {
  const { t } = useTranslation("pushes");
  const api = useApi();
  const asked = useQuery({ queryKey: ["pushes", "of", push.id], queryFn: () => childrenOf(api, push), ...SLOWLY });
  if (asked.error !== null) return <ProblemAlert error={asked.error} retry={() => void asked.refetch()} />;
  if (asked.data === undefined) return null;
  if (asked.data.length === 0)
    return <Text c="dimmed">{t(push.repeat == null ? "children.notYet" : "children.noRun")}</Text>;
  return (
    <ul className={classes.children}>
      {asked.data.map(child => (
        <li key={child.id}>
          <Anchor component={Link} to={`/pushes/${child.id}`} size="sm">
            <Moment at={child.created_at} />
          </Anchor>
          <PushStateBadge state={child.state} />
        </li>
      ))}
    </ul>
  );
}

/** The newest pushes that came of it. */
async function childrenOf(api: Api, push: PushDetail): Promise<Push[]> {
  const path = { push_id: push.id };
  return answered(await api.GET("/v1/pushes/{push_id}/children", { params: { path } })).items;
}
