import { Button, Drawer } from "@mantine/core";
import { IconAdjustments, IconArrowBackUp } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { KeptStrategy } from "../../api/schema.js";
import { StrategyEditor } from "../../graph/StrategyEditor.js";
import { StrategyThumbnail } from "../../graph/StrategyThumbnail.js";
import { strategyInWords } from "../../graph/words.js";
import classes from "./Compose.module.css";
import type { Draft } from "./draft.js";
import { StrategySelect } from "./StrategySelect.js";
import { changed, changesOf } from "./strategy_changes.js";

interface StrategyChoiceProps {
  readonly value: Draft["strategy"];
  readonly onChange: (value: Draft["strategy"]) => void;
  /** Those built in and those kept. */
  readonly strategies: readonly KeptStrategy[];
  /** What the service said of it, by JSON pointer from the strategy on. */
  readonly faults: ReadonlyMap<string, string>;
}

/** How it is sent: a strategy by its name, with what is changed of it for this push alone. */
export function StrategyChoice({ value, onChange, strategies, faults }: StrategyChoiceProps) {
  const { t } = useTranslation("compose");
  const [editing, setEditing] = useState(false);
  const chosen = strategies.find(each => each.name === value.name);
  const policy = chosen === undefined ? null : changed(chosen.strategy, value.changes);
  const members = Object.keys(value.changes);
  return (
    <>
      <StrategySelect
        label={t("strategy.choose")}
        value={value.name}
        strategies={strategies}
        onChange={name => onChange({ name, changes: {} })}
      />
      {policy !== null && (
        <div className={classes.chosen}>
          <StrategyThumbnail strategy={policy} />
          <p className={classes.hint}>{strategyInWords(policy)}</p>
        </div>
      )}
      {[...faults].map(([at, fault]) => (
        <p key={at} role="alert" className={classes.fault}>
          {fault}
        </p>
      ))}
      <div className={classes.chips}>
        <Button
          size="xs"
          variant="default"
          disabled={policy === null}
          leftSection={<IconAdjustments size={14} aria-hidden />}
          onClick={() => setEditing(true)}
        >
          {t("strategy.change")}
        </Button>
        {members.length > 0 && (
          <Button
            size="xs"
            variant="subtle"
            leftSection={<IconArrowBackUp size={14} aria-hidden />}
            onClick={() => onChange({ name: value.name, changes: {} })}
          >
            {t("strategy.undo", { count: members.length })}
          </Button>
        )}
      </div>
      {members.length > 0 && (
        <p className={classes.hint}>{t("strategy.changed", { name: value.name, members: members.join(", ") })}</p>
      )}
      <Drawer
        opened={editing && policy !== null}
        onClose={() => setEditing(false)}
        position="right"
        size="min(880px, 100vw)"
        title={t("strategy.drawer", { name: value.name })}
        classNames={{ title: classes.heading ?? "" }}
        closeButtonProps={{ "aria-label": t("strategy.done") }}
      >
        {chosen !== undefined && policy !== null && (
          <>
            <p className={classes.drawerHint}>{t("strategy.drawerHint", { name: value.name })}</p>
            <StrategyEditor
              value={policy}
              onChange={edited => onChange({ name: value.name, changes: changesOf(chosen.strategy, edited) })}
              faults={faults}
            />
            <div className={classes.drawerFoot}>
              <Button onClick={() => setEditing(false)}>{t("strategy.done")}</Button>
            </div>
          </>
        )}
      </Drawer>
    </>
  );
}
