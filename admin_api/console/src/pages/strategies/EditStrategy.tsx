import { Button, Stack, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { problemOf } from "../../api/problem.js";
import type { KeptStrategy } from "../../api/schema.js";
import { faultsOf, refusedMembers } from "../../graph/faults.js";
import { StrategyEditor } from "../../graph/StrategyEditor.js";
import type { StrategyGiven } from "../../graph/strategy.js";
import { Notice } from "../../shell/Notice.js";
import { ProblemAlert } from "../../shell/states.js";
import { DifferenceTable } from "./DifferenceTable.js";
import { differences } from "./difference.js";
import { useKeeping } from "./queries.js";
import { SaveBar } from "./SaveBar.js";
import classes from "./Strategies.module.css";

/** What is being changed: the version that it began with, and what it is by now. */
interface Draft {
  readonly of: KeptStrategy;
  readonly strategy: StrategyGiven;
}

/** A kept strategy, changed in place. What somebody else saved meanwhile is shown, and is not lost. */
export function EditStrategy({ kept }: { kept: KeptStrategy }) {
  const { t } = useTranslation("strategies");
  const { keep, newest } = useKeeping();
  const [draft, setDraft] = useState<Draft | null>(null);
  const [theirs, setTheirs] = useState<KeptStrategy | null>(null);
  const [isReadable, setReadable] = useState(true);
  const [round, setRound] = useState(0);
  const of = draft?.of ?? kept;
  const strategy: StrategyGiven = draft?.strategy ?? kept.strategy;
  const saving = useMutation({
    mutationFn: ({ over }: { over: KeptStrategy }) => keep(kept.name, strategy, over.version ?? 0),
    onSuccess: saved => {
      setDraft(null);
      setTheirs(null);
      notifications.show({ message: t("saved", { name: saved.name, version: saved.version }) });
    },
    onError: async error => {
      if (problemOf(error).status === 412) setTheirs(await newest(kept.name));
    },
  });
  const refused = saving.error === null || theirs !== null ? null : problemOf(saving.error);
  const members = refusedMembers(refused);
  const own = faultsOf(strategy).size;
  const isChanged = differences(of.strategy, strategy).length > 0;
  const discard = () => {
    setDraft(null);
    setTheirs(null);
    setReadable(true);
    setRound(round + 1);
    saving.reset();
  };
  return (
    <>
      <StrategyEditor
        key={round}
        value={strategy}
        faults={members}
        onReadable={setReadable}
        onChange={next => {
          setDraft({ of, strategy: next });
          if (refused !== null) saving.reset();
        }}
      />
      {refused !== null && members.size === 0 && <ProblemAlert error={refused} />}
      {theirs !== null && (
        <Notice role="alert" title={t("conflict.title", { user: theirs.by, version: theirs.version })}>
          <Stack gap="sm">
            {t("conflict.detail", { version: of.version })}
            <DifferenceTable
              before={theirs.strategy}
              after={strategy}
              beforeLabel={t("conflict.theirs", { version: theirs.version })}
              afterLabel={t("conflict.yours")}
            />
            <div className={classes.choices}>
              <Button size="xs" variant="default" onClick={discard}>
                {t("conflict.take", { version: theirs.version })}
              </Button>
              <Button size="xs" loading={saving.isPending} onClick={() => saving.mutate({ over: theirs })}>
                {t("conflict.over", { version: (theirs.version ?? 0) + 1 })}
              </Button>
            </div>
          </Stack>
        </Notice>
      )}
      {(isChanged || !isReadable) && theirs === null && (
        <>
          {isChanged && (
            <section className={classes.section}>
              <Title order={2}>{t("changes")}</Title>
              <DifferenceTable
                before={of.strategy}
                after={strategy}
                beforeLabel={t("tag.version", { version: of.version })}
                afterLabel={t("conflict.yours")}
              />
            </section>
          )}
          <SaveBar faults={own + members.size} isReadable={isReadable}>
            <Button variant="default" onClick={discard}>
              {t("discard")}
            </Button>
            <Button
              loading={saving.isPending}
              disabled={!isReadable || !isChanged || own > 0}
              onClick={() => saving.mutate({ over: of })}
            >
              {t("save", { version: (of.version ?? 0) + 1 })}
            </Button>
          </SaveBar>
        </>
      )}
    </>
  );
}
