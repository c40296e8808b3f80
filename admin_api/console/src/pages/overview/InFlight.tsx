import { Anchor, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { LIVE } from "../../api/live.js";
import type { Push, State } from "../../api/schema.js";
import { PushStateBadge } from "../../shell/StateBadge.js";
import { Empty, Loading, ProblemAlert } from "../../shell/states.js";
import { print } from "../../target/print.js";
import { PushProgress } from "../pushes/PushProgress.js";
import { useHeadline } from "../pushes/queries.js";
import classes from "./Overview.module.css";

const SHOWN = 8;

/** The states of pushes that may still reach someone. */
const OPEN: readonly State[] = ["awaiting_approval", "scheduled", "waiting", "sending", "sent"];

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
  const title = useHeadline(push.id);
  return (
    <Link to={`/pushes/${push.id}`} className={classes.push}>
      <span className={classes.target} title={print(push.target)}>
        {title !== null && <strong>{title} </strong>}
        {print(push.target)}
      </span>
      <PushStateBadge state={push.state} />
      <div className={classes.progress}>
        <PushProgress push={push} />
      </div>
    </Link>
  );
}
