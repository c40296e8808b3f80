import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { type ProblemError, problemOf } from "../../api/problem.js";
import { faultsOf, refusedMembers } from "../../graph/faults.js";
import { StrategyEditor } from "../../graph/StrategyEditor.js";
import type { StrategyGiven } from "../../graph/strategy.js";
import { Page } from "../../shell/Page.js";
import { Loading, ProblemAlert } from "../../shell/states.js";
import { useKeeping, useStrategy } from "./queries.js";
import { SaveBar } from "./SaveBar.js";
import classes from "./Strategies.module.css";

/** A strategy that is not there yet: from the defaults, or from the one of the name `copied`. */
export function NewStrategy({ copied }: { copied: string | null }) {
  const { t } = useTranslation("strategies");
  const source = useStrategy(copied);
  const title = copied === null ? t("create.title") : t("create.copyTitle", { name: copied });
  return (
    <Page title={title}>
      {copied !== null && source.isPending && <Loading />}
      {source.isError && <ProblemAlert error={source.error} retry={() => void source.refetch()} />}
      {(copied === null || source.data !== undefined) && (
        <Form
          begins={source.data?.strategy ?? {}}
          suggested={copied === null ? "" : t("create.copyName", { name: copied })}
        />
      )}
    </Page>
  );
}

function Form({ begins, suggested }: { begins: StrategyGiven; suggested: string }) {
  const { t } = useTranslation("strategies");
  const navigate = useNavigate();
  const { keep } = useKeeping();
  const [name, setName] = useState(suggested);
  const [strategy, setStrategy] = useState(begins);
  const [isReadable, setReadable] = useState(true);
  const saving = useMutation({
    mutationFn: () => keep(name.trim(), strategy, 0),
    onSuccess: kept => navigate(`/strategies/${encodeURIComponent(kept.name)}`),
  });
  const refused = saving.error === null ? null : problemOf(saving.error);
  const nameFault = refused === null ? null : faultOfName(refused, t("create.taken", { name: name.trim() }));
  const members = refusedMembers(refused);
  return (
    <>
      <TextInput
        className={classes.naming ?? ""}
        label={t("create.name")}
        description={t("create.nameHint")}
        value={name}
        error={nameFault}
        required
        autoFocus
        spellCheck={false}
        onChange={event => {
          setName(event.currentTarget.value);
          saving.reset();
        }}
      />
      <StrategyEditor
        value={strategy}
        faults={members}
        onReadable={setReadable}
        onChange={next => {
          setStrategy(next);
          saving.reset();
        }}
      />
      {refused !== null && nameFault === null && members.size === 0 && <ProblemAlert error={refused} />}
      <SaveBar faults={faultsOf(strategy).size + members.size} isReadable={isReadable}>
        <Button variant="default" component={Link} to="/strategies">
          {t("discard")}
        </Button>
        <Button
          loading={saving.isPending}
          disabled={name.trim() === "" || !isReadable || faultsOf(strategy).size > 0}
          onClick={() => saving.mutate()}
        >
          {t("create.save")}
        </Button>
      </SaveBar>
    </>
  );
}

/** What is wrong with the name, if that is what was refused. */
function faultOfName(refused: ProblemError, taken: string): string | null {
  if (refused.code === "version_changed") return taken;
  return ["strategy_built_in", "invalid_name"].includes(refused.code) ? refused.detail : null;
}
