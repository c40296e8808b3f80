import { Button, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import type { KeptStrategy, Push } from "../../api/schema.js";
import { useSession } from "../../session/session.js";
import { Needs } from "../../shell/Needs.js";
import { Page } from "../../shell/Page.js";
import { Empty, Loading, ProblemAlert } from "../../shell/states.js";
import { AudienceBuilder } from "../../target/AudienceBuilder.js";
import { TargetInput } from "../../target/TargetInput.js";
import { useStrategies } from "../strategies/queries.js";
import classes from "./Compose.module.css";
import { composed, isBlank } from "./draft.js";
import { placeOf, strategyFaults } from "./faults.js";
import { MessageFields, MessageForm } from "./MessageFields.js";
import { ScheduleFields } from "./ScheduleFields.js";
import { SendBar } from "./SendBar.js";
import { SendDialog } from "./SendDialog.js";
import { StrategyChoice } from "./StrategyChoice.js";
import { changed } from "./strategy_changes.js";
import { TestDialog } from "./TestDialog.js";
import { useDraft } from "./useDraft.js";
import { usePreview } from "./usePreview.js";
import { useSending } from "./useSending.js";
import { WhatIf } from "./WhatIf.js";

/** A new push: what, to whom, how and when on the left; what it will do fills the rest. */
export function Component() {
  const { t } = useTranslation("compose");
  const draft = useDraft();
  return (
    <Page
      title={t("title")}
      actions={
        !isBlank(draft.draft) && (
          <Button size="xs" variant="subtle" onClick={draft.clear}>
            {t("clear")}
          </Button>
        )
      }
    >
      <Needs scope="push:send">
        <Compose {...draft} />
      </Needs>
    </Page>
  );
}

const NONE: readonly KeptStrategy[] = [];

function Compose({ draft, change, intent, setIntent, clear }: ReturnType<typeof useDraft>) {
  const { t } = useTranslation(["compose", "shell"]);
  const navigate = useNavigate();
  const { may } = useSession();
  const [dialog, setDialog] = useState<"send" | "test" | null>(null);
  const listed = useStrategies(may("push:read"));
  const strategies = listed.data ?? NONE;
  const kept = strategies.find(each => each.name === draft.strategy.name)?.strategy;
  const policy = kept === undefined ? null : changed(kept, draft.strategy.changes);

  const { body, gaps } = useMemo(() => composed(draft), [draft]);
  const previewed = usePreview(body);
  const other = usePreview(
    body === null || draft.compared === null ? null : { ...body, strategy: { name: draft.compared } },
  );
  const sending = useSending(intent, setIntent);
  const { preview, problem, fresh, again } = previewed;
  const place = problem === null ? null : placeOf(problem);
  const said = (at: typeof place) => (problem !== null && place === at ? problem.detail : null);

  const ready = fresh && gaps.length === 0;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || dialog !== null) return;
      event.preventDefault();
      event.stopPropagation();
      if (ready) setDialog("send");
      else again();
    };
    document.addEventListener("keydown", pressed, { capture: true });
    return () => document.removeEventListener("keydown", pressed, { capture: true });
  }, [ready, again, dialog]);

  const sent = (push: Push) => {
    const waits = push.state === "awaiting_approval";
    notifications.show({
      title: t(waits ? "sent.approval" : push.state === "scheduled" ? "sent.scheduled" : "sent.title"),
      message: t(waits ? "sent.approvalDetail" : "sent.detail", { id: push.id }),
    });
    setDialog(null);
    clear();
    if (may("push:read")) void navigate(`/pushes/${push.id}`);
  };

  return (
    <>
      <div className={classes.columns}>
        <form className={classes.fields} onSubmit={event => event.preventDefault()} aria-label={t("fields")}>
          <Section
            title={t("message.heading")}
            beside={<MessageForm value={draft.message} onChange={message => change({ message })} />}
          >
            <MessageFields
              value={draft.message}
              onChange={message => change({ message })}
              fault={said("message")}
              ack={policy?.ack?.need ?? (policy?.receipts === "each" ? "received" : null)}
            />
          </Section>
          <Section
            title={t("target.heading")}
            beside={
              draft.target.trim() === "" && (
                <Button size="compact-xs" variant="default" onClick={() => change({ target: "all" })}>
                  {t("target.everybody")}
                </Button>
              )
            }
          >
            <AudienceBuilder value={draft.target} onChange={target => change({ target })} blank={t("target.nobody")} />
            <TargetInput
              label={t("target.text")}
              placeholder={t("target.placeholder")}
              value={draft.target}
              onChange={target => change({ target })}
              error={place === "target" ? problem : null}
            />
          </Section>
          <Section title={t("strategy.heading")}>
            {!may("push:read") ? (
              <TextInput
                label={t("strategy.name")}
                description={t("strategy.nameHint")}
                value={draft.strategy.name}
                error={said("strategy")}
                onChange={event => change({ strategy: { name: event.currentTarget.value, changes: {} } })}
              />
            ) : listed.error !== null ? (
              <ProblemAlert error={listed.error} retry={() => void listed.refetch()} />
            ) : listed.isLoading ? (
              <Loading />
            ) : (
              <StrategyChoice
                value={draft.strategy}
                onChange={strategy => change({ strategy })}
                strategies={strategies}
                faults={strategyFaults(problem)}
              />
            )}
          </Section>
          <Section title={t("when.heading")}>
            <ScheduleFields
              value={draft.when}
              onChange={when => change({ when })}
              fault={said("when")}
              runs={fresh && preview !== null ? preview.next_runs : []}
            />
          </Section>
        </form>
        <section className={classes.result} aria-label={t("preview.heading")}>
          {place === "page" && <ProblemAlert error={problem} retry={again} />}
          {preview === null ? (
            place !== "page" &&
            (body === null ? (
              <Empty title={t("preview.nothing")}>{t("preview.nothingDetail")}</Empty>
            ) : problem === null ? (
              <Loading />
            ) : (
              <Empty title={t("preview.faulty")}>{t("preview.faultyDetail")}</Empty>
            ))
          ) : (
            <WhatIf
              name={draft.strategy.name}
              previewed={previewed}
              preview={preview}
              compared={draft.compared}
              other={other}
              strategies={strategies}
              onCompare={compared => change({ compared })}
            />
          )}
        </section>
      </div>
      <SendBar
        draft={draft}
        gaps={gaps}
        previewed={previewed}
        onTest={() => setDialog("test")}
        onSend={() => setDialog("send")}
      />
      {body !== null && (
        <>
          <SendDialog
            opened={dialog === "send"}
            onClose={() => setDialog(null)}
            draft={draft}
            body={body}
            previewed={previewed}
            sending={sending}
            onSent={sent}
          />
          <TestDialog opened={dialog === "test"} onClose={() => setDialog(null)} body={body} />
        </>
      )}
    </>
  );
}

interface SectionProps {
  readonly title: string;
  /** At the right of the title. */
  readonly beside?: ReactNode;
  readonly children: ReactNode;
}

function Section({ title, beside, children }: SectionProps) {
  return (
    <section className={classes.section} aria-label={title}>
      <div className={classes.head}>
        <h2 className={classes.heading}>{title}</h2>
        {beside}
      </div>
      {children}
    </section>
  );
}
