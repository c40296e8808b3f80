import { Anchor, Title } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconHandStop,
  IconUserQuestion,
  IconUsersMinus,
} from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { LIVE, SLOWLY } from "../../api/live.js";
import type { Push } from "../../api/schema.js";
import { figure } from "../../format/figures.js";
import { Moment } from "../../shell/Moment.js";
import { Loading, ProblemAlert } from "../../shell/states.js";
import { print } from "../../target/print.js";
import { pushQuery, useHeadline } from "../pushes/queries.js";
import { isRecent, losses } from "./attention.js";
import classes from "./Overview.module.css";

const LOST_SINCE = "15m";

/** What is worth a look: pushes that wait for a person or went wrong, groups that lost many terminals. */
export function Attention() {
  const { t } = useTranslation("overview");
  const api = useApi();
  const halted = useQuery({
    queryKey: ["pushes", "halted"],
    queryFn: async () =>
      answered(await api.GET("/v1/pushes", { params: { query: { state: ["halted"], limit: 5 } } })).items,
    ...LIVE,
  });
  const awaiting = useQuery({
    queryKey: ["pushes", "awaiting"],
    queryFn: async () =>
      answered(await api.GET("/v1/pushes", { params: { query: { state: ["awaiting_approval"], limit: 5 } } })).items,
    ...LIVE,
  });
  const stuck = useStuck();
  const groups = useQuery({
    queryKey: ["stats", "groups", LOST_SINCE],
    queryFn: async () => answered(await api.GET("/v1/stats/groups", { params: { query: { since: LOST_SINCE } } })),
    ...SLOWLY,
  });
  const failed = [halted, awaiting, stuck, groups].find(query => query.isError);
  const now = new Date();
  const recent = halted.data?.filter(push => isRecent(push, now)) ?? [];
  const lost = losses(groups.data?.items ?? []);
  const waiting = awaiting.data ?? [];
  const dead = stuck.data ?? [];
  const isQuiet = recent.length + lost.length + waiting.length + dead.length === 0;
  return (
    <section className={classes.section} aria-labelledby="attention">
      <div className={classes.heading}>
        <Title order={2} id="attention">
          {t("attention")}
        </Title>
      </div>
      {failed !== undefined && <ProblemAlert error={failed.error} retry={() => void failed.refetch()} />}
      {failed === undefined && isQuiet && (halted.isPending || groups.isPending) && <Loading />}
      {failed === undefined && isQuiet && halted.isSuccess && groups.isSuccess && (
        <div className={classes.well}>
          <IconCircleCheck size={18} aria-hidden />
          {t("well")}
        </div>
      )}
      <ul className={classes.list}>
        {waiting.map(push => (
          <li key={push.id} className={classes.look} data-kind="approval">
            <IconUserQuestion size={18} aria-hidden />
            <div>
              <PushLink push={push}>{t("awaits", { sender: push.sender })}</PushLink>
              <About push={push} />
              {push.approve_by !== null && (
                <div>
                  {t("approveBy")} <Moment at={push.approve_by} relative />
                </div>
              )}
            </div>
          </li>
        ))}
        {recent.map(push => (
          <li key={push.id} className={classes.look} data-kind="halted">
            <IconHandStop size={18} aria-hidden />
            <div>
              <PushLink push={push}>
                {t(push.ended_by === "halt_if" ? "haltedItself" : "haltedBy", { by: push.ended_by ?? "" })}
              </PushLink>
              <About push={push} />
              {push.finished_at !== null && (
                <div>
                  <Moment at={push.finished_at} relative />
                </div>
              )}
            </div>
          </li>
        ))}
        {dead.map(({ push, parts }) => (
          <li key={push.id} className={classes.look} data-kind="dead">
            <IconAlertTriangle size={18} aria-hidden />
            <PushLink push={push}>{t("dead", { count: parts })}</PushLink>
          </li>
        ))}
        {lost.map(({ group, were, connections }) => (
          <li key={group} className={classes.look} data-kind="loss">
            <IconUsersMinus size={18} aria-hidden />
            <div>
              <Anchor component={Link} to={`/terminals?${new URLSearchParams({ target: print({ groups: [group] }) })}`}>
                {t("lost", { group, count: were - connections })}
              </Anchor>
              <div className="tabular">{t("lostDetail", { were: figure(were), now: figure(connections) })}</div>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Open pushes of which parts were given up. */
function useStuck() {
  const api = useApi();
  const queries = useQueryClient();
  return useQuery({
    queryKey: ["pushes", "stuck"],
    queryFn: async () => {
      const query = { state: ["sending" as const, "sent" as const], limit: 20 };
      const { items } = answered(await api.GET("/v1/pushes", { params: { query } }));
      // Those in flight are asked for beside this already.
      const details = await Promise.all(
        items.map(push => queries.fetchQuery({ ...pushQuery(api, push.id), staleTime: SLOWLY.staleTime })),
      );
      return details
        .filter(detail => detail.dead_jobs.length > 0)
        .map(detail => ({ push: detail, parts: detail.dead_jobs.length }));
    },
    ...SLOWLY,
  });
}

/** What a push is about, for who does not know it by its sender. */
function About({ push }: { push: Push }) {
  return <div className={classes.about}>{useHeadline(push.id) ?? print(push.target)}</div>;
}

function PushLink({ push, children }: { push: Push; children: string }) {
  return (
    <Anchor component={Link} to={`/pushes/${push.id}`} title={print(push.target)}>
      {children}
    </Anchor>
  );
}
