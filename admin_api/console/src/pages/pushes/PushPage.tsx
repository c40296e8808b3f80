import { Anchor, Drawer, Title } from "@mantine/core";
import { IconUserCheck } from "@tabler/icons-react";
import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams, useSearchParams } from "react-router";
import { problemOf } from "../../api/problem.js";
import type { PushDetail, Timelines } from "../../api/schema.js";
import { useNow } from "../../format/now.js";
import { StrategyGraph } from "../../graph/StrategyGraph.js";
import { MessageCard } from "../../message/MessageCard.js";
import { PushPicture } from "../../picture/PushPicture.js";
import { useSession } from "../../session/session.js";
import { Moment } from "../../shell/Moment.js";
import { Needs } from "../../shell/Needs.js";
import { Notice } from "../../shell/Notice.js";
import { Page } from "../../shell/Page.js";
import { PushStateBadge } from "../../shell/StateBadge.js";
import { Empty, Loading, ProblemAlert } from "../../shell/states.js";
import { targetText } from "../../target/text.js";
import { Actions } from "./Actions.js";
import { type Asked, askedIn } from "./asked.js";
import { Children, mayHaveChildren } from "./Children.js";
import { Explain } from "./Explain.js";
import { ExplainSearch } from "./ExplainSearch.js";
import { Facts } from "./Facts.js";
import { Funnel } from "./Funnel.js";
import { goesOn, isLive } from "./going.js";
import { headline } from "./headline.js";
import classes from "./PushPage.module.css";
import { expectedOf, wavesOf } from "./progress.js";
import { usePush, useTimelines } from "./queries.js";
import { RateChart } from "./RateChart.js";
import { Receipts } from "./Receipts.js";
import { useDrawnReceipts } from "./receipts.js";
import { sentence } from "./sentence.js";
import { standingOf } from "./standing.js";

/** One push: where it is, who has it and who is missing, and what can be done about it. */
export function Component() {
  const { t } = useTranslation("pushes");
  const { may } = useSession();
  const { pushId = "" } = useParams();
  if (!may("push:read")) {
    return (
      <Page title={t("page.title")}>
        <Needs scope="push:read">{null}</Needs>
      </Page>
    );
  }
  return <OnePush key={pushId} pushId={pushId} />;
}

function OnePush({ pushId }: { pushId: string }) {
  const { t } = useTranslation("pushes");
  const push = usePush(pushId);
  const now = useNow();
  const live = push.data !== undefined && isLive(push.data, now);
  const timelines = useTimelines(pushId, live);
  if (push.data !== undefined && timelines.data !== undefined) {
    return <Shown push={push.data} timelines={timelines.data} live={live} now={now} />;
  }
  const failed = push.error ?? timelines.error;
  if (failed === null) {
    return (
      <Page title={t("page.title")}>
        <Loading />
      </Page>
    );
  }
  return (
    <Page title={t("page.title")}>
      {problemOf(failed).status === 404 ? (
        <Empty title={t("page.missing")}>
          <Anchor component={Link} to="/pushes">
            {t("page.toList")}
          </Anchor>
        </Empty>
      ) : (
        <ProblemAlert error={failed} retry={() => void Promise.all([push.refetch(), timelines.refetch()])} />
      )}
    </Page>
  );
}

interface ShownProps {
  readonly push: PushDetail;
  readonly timelines: Timelines;
  readonly live: boolean;
  readonly now: Date;
}

function Shown({ push, timelines, live, now }: ShownProps) {
  const { t } = useTranslation("pushes");
  const [address, setAddress] = useSearchParams();
  const asked = askedIn(address);
  const ask = (about: Asked | null) => setAddress(about === null ? {} : { ...about });
  const receipts = useDrawnReceipts(push, live);
  const expected = expectedOf(push, timelines);
  const standing = standingOf(push, timelines);
  return (
    <Page
      title={headline(push.message) ?? targetText(push.target)}
      beside={<PushStateBadge state={push.state} />}
      actions={<Actions push={push} expected={expected} />}
    >
      <p className={classes.sentence} aria-live="polite">
        {sentence(push, timelines, now, t)}
      </p>
      <Awaiting push={push} />
      <DeadJobs push={push} />
      <Section title={t("page.picture")}>
        <PushPicture
          audience={push.audience}
          forecast={timelines.forecast}
          actual={timelines.actual}
          counts={push.counts}
          receipts={receipts}
          now={goesOn(push.state) ? now : null}
          onOpen={terminal => ask({ terminal })}
        />
      </Section>
      <Section title={t("page.strategy")}>
        <StrategyGraph strategy={push.strategy} counts={standing.counts} current={standing.current} />
      </Section>
      <div className={classes.columns}>
        <Section title={t("page.funnel")}>
          <Funnel push={push} expected={expected} />
        </Section>
        <Section title={t("page.rate")}>
          <RateChart actual={timelines.actual} />
        </Section>
        <Section title={t("page.message")}>
          <MessageCard message={push.message} sentAt={push.created_at} />
        </Section>
        <Section title={t("page.facts")}>
          <Facts push={push} />
        </Section>
      </div>
      {mayHaveChildren(push) && (
        <Section title={t(push.repeat == null ? "children.escalation" : "children.runs")}>
          <Children push={push} />
        </Section>
      )}
      <Section title={t("page.terminals")} beside={<ExplainSearch onAsk={ask} />}>
        <Receipts
          push={push}
          waves={wavesOf(push, timelines).length}
          live={live}
          onTerminal={terminal => ask({ terminal })}
        />
      </Section>
      <Drawer
        opened={asked !== null}
        onClose={() => ask(null)}
        position="right"
        title={t("explain.title")}
        closeButtonProps={{ "aria-label": t("explain.close") }}
      >
        {asked !== null &&
          ("terminal" in asked ? (
            <Explain pushId={push.id} terminalId={asked.terminal} />
          ) : (
            <Explain pushId={push.id} user={asked.user} />
          ))}
      </Drawer>
    </Page>
  );
}

function Section({ title, beside, children }: { title: string; beside?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section className={classes.section} aria-labelledby={id}>
      <header className={classes.heading}>
        <Title order={2} id={id}>
          {title}
        </Title>
        {beside}
      </header>
      {children}
    </section>
  );
}

/** What a push that waits for a second person waits for, and why the one who looks at it may not be that person. */
function Awaiting({ push }: { push: PushDetail }) {
  const { t } = useTranslation("pushes");
  const { caller, may } = useSession();
  if (push.state !== "awaiting_approval") return null;
  const own = push.sender === caller.user;
  return (
    <Notice tone="plain" icon={IconUserCheck} title={t("awaiting.title")}>
      {t(own ? "awaiting.own" : may("push:approve") ? "awaiting.yours" : "awaiting.others", { sender: push.sender })}
    </Notice>
  );
}

function DeadJobs({ push }: { push: PushDetail }) {
  const { t } = useTranslation("pushes");
  if (push.dead_jobs.length === 0) return null;
  return (
    <Notice tone="fault" role="alert" title={t("dead.title", { count: push.dead_jobs.length })}>
      <p>{t("dead.detail")}</p>
      <ul className={classes.plain}>
        {push.dead_jobs.map(job => (
          <li key={`${job.kind} ${job.topic} ${job.at}`}>
            {t(`dead.${job.kind}`, { topic: job.topic })} · <Moment at={job.at} /> · {job.reason}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
