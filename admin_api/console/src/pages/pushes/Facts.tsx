import { Anchor, Code } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { PushDetail } from "../../api/schema.js";
import { strategyInWords } from "../../graph/words.js";
import { useSession } from "../../session/session.js";
import { Moment } from "../../shell/Moment.js";
import { targetText } from "../../target/text.js";
import classes from "./PushPage.module.css";
import { ShortId } from "./ShortId.js";

/** What was asked for: to whom, how, by whom and when. */
export function Facts({ push }: { push: PushDetail }) {
  const { t } = useTranslation(["pushes", "graph"]);
  const { may } = useSession();
  const { strategy, repeat } = push;
  return (
    <dl className={classes.facts}>
      <Fact name={t("fact.target")}>
        <Code className={classes.target ?? ""}>{targetText(push.target)}</Code>
      </Fact>
      <Fact name={t("fact.strategy")}>
        {strategy.name != null && (
          <>
            {may("push:read") ? (
              <Anchor component={Link} to={`/strategies/${encodeURIComponent(strategy.name)}`} size="sm">
                {strategy.name}
              </Anchor>
            ) : (
              strategy.name
            )}
            {strategy.version != null && ` · ${t("fact.version", { version: strategy.version })}`}
            <br />
          </>
        )}
        {strategyInWords(strategy)}
      </Fact>
      <Fact name={t("fact.sender")}>{push.sender}</Fact>
      <Fact name={t("fact.created")}>
        <Moment at={push.created_at} />
      </Fact>
      {push.send_at !== null && (
        <Fact name={t("fact.sendAt")}>
          <Moment at={push.send_at} />
        </Fact>
      )}
      {repeat != null && (
        <Fact name={t("fact.repeat")}>
          <Code>{repeat.cron}</Code> {repeat.timezone}
          {repeat.times != null && ` · ${t("fact.times", { count: repeat.times })}`}
        </Fact>
      )}
      {push.next_runs.length > 0 && (
        <Fact name={t("fact.nextRuns")}>
          <ul className={classes.plain}>
            {push.next_runs.map(run => (
              <li key={run}>
                <Moment at={run} />
              </li>
            ))}
          </ul>
        </Fact>
      )}
      {push.expires_at !== null && (
        <Fact name={t("fact.expires")}>
          <Moment at={push.expires_at} />
        </Fact>
      )}
      {push.finished_at !== null && (
        <Fact name={push.state === "halted" ? t("fact.halted") : t("fact.finished")}>
          <Moment at={push.finished_at} />
        </Fact>
      )}
      {push.parent !== null && (
        <Fact name={t("fact.parent")}>
          <Anchor component={Link} to={`/pushes/${push.parent}`} size="sm">
            {t("fact.toParent")}
          </Anchor>
        </Fact>
      )}
      {push.test && <Fact name={t("fact.test")}>{t("fact.isTest")}</Fact>}
      <Fact name={t("fact.id")}>
        <ShortId id={push.id} what={t("id.push")} length={18} />
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
