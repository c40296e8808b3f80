import { Anchor, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { LIVE } from "../../api/live.js";
import type { Push } from "../../api/schema.js";
import { figure, percent } from "../../format/figures.js";
import { clock, moment } from "../../format/moments.js";
import { PushStateBadge } from "../../shell/StateBadge.js";
import { Empty, Loading, ProblemAlert } from "../../shell/states.js";
import { print } from "../../target/language.js";
import { headline } from "../pushes/headline.js";
import { usePush } from "../pushes/queries.js";
import { OPEN, progressOf } from "./inFlight.js";
import classes from "./Overview.module.css";

const SHOWN = 8;

/** Pushes that are not over, the newest first. */
export function InFlight() {
  const { t } = useTranslation("overview");
  const api = useApi();
  const pushes = useQuery({
    queryKey: ["pushes", "open", SHOWN],
    queryFn: async () =>
      answered(await api.GET("/v1/pushes", { params: { query: { state: [...OPEN], limit: SHOWN } } })),
    ...LIVE,
  });
  return (
    <section className={classes.section} aria-labelledby="in-flight">
      <div className={classes.heading}>
        <Title order={2} id="in-flight">
          {t("inFlight")}
        </Title>
        <Anchor component={Link} to="/pushes" size="sm">
          {t("allPushes")}
        </Anchor>
      </div>
      {pushes.isPending && <Loading />}
      {pushes.isError && <ProblemAlert error={pushes.error} retry={() => void pushes.refetch()} />}
      {pushes.data?.items.length === 0 && (
        <Empty title={t("noneInFlight")}>
          <Anchor component={Link} to="/compose">
            {t("begin")}
          </Anchor>
        </Empty>
      )}
      <ul className={classes.list}>
        {pushes.data?.items.map(push => (
          <li key={push.id}>
            <OpenPush push={push} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function OpenPush({ push }: { push: Push }) {
  const { t } = useTranslation("overview");
  const api = useApi();
  const timeline = useQuery({
    queryKey: ["push", push.id, "timeline"],
    queryFn: async () =>
      answered(await api.GET("/v1/pushes/{push_id}/timeline", { params: { path: { push_id: push.id } } })),
    ...LIVE,
  });
  const progress = timeline.data === undefined ? null : progressOf(timeline.data);
  const share = progress === null || progress.total === 0 ? 0 : progress.reached / progress.total;
  const detail = usePush(push.id);
  const title = detail.data === undefined ? null : headline(detail.data.message);
  return (
    <Link to={`/pushes/${push.id}`} className={classes.push}>
      <span className={classes.target} title={print(push.target)}>
        {title !== null && <strong>{title} </strong>}
        {print(push.target)}
      </span>
      <span className={classes.beside}>
        <PushStateBadge state={push.state} />
      </span>
      <span className={classes.track} aria-hidden>
        <span className={classes.reached} style={{ width: `${share * 100}%` }} />
      </span>
      <span className={`${classes.progress} tabular`}>
        {progress !== null &&
          t("progress", { reached: figure(progress.reached), total: figure(progress.total), share: percent(share) })}
        {progress?.doneAt != null && progress.doneAt > new Date() && (
          <> · {t("doneAbout", { at: near(progress.doneAt) })}</>
        )}
      </span>
    </Link>
  );
}

const DAY_MS = 86_400_000;

const near = (at: Date) => (at.getTime() - Date.now() < DAY_MS / 2 ? clock(at, { seconds: false }) : moment(at));
