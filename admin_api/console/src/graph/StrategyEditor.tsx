import { Tabs, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { AddMenu } from "./AddMenu.js";
import { type Addition, stepOf, withAdded, withoutStep } from "./editing.js";
import { FaultList } from "./FaultList.js";
import { type Faults, faultsOf } from "./faults.js";
import { EditingContext } from "./forms/editing.js";
import { JsonTab } from "./JsonTab.js";
import { graphOf, type StepId } from "./nodes.js";
import { StepPanel } from "./StepPanel.js";
import classes from "./StrategyEditor.module.css";
import { StrategyGraph } from "./StrategyGraph.js";
import type { StrategyGiven } from "./strategy.js";
import { strategyInWords } from "./words.js";

interface StrategyEditorProps {
  readonly value: StrategyGiven;
  readonly onChange: (next: StrategyGiven) => void;
  /** What the service refused, by JSON pointer within the strategy; `refusedMembers` reads it from a problem. */
  readonly faults?: Faults | undefined;
  /** Called when the JSON becomes no strategy any more, or one again: what does not read as one is not in `value`. */
  readonly onReadable?: ((isReadable: boolean) => void) | undefined;
  readonly isReadOnly?: boolean;
}

const NONE: Faults = new Map();

/** A strategy to be changed: by its steps with a form for each, or as JSON. All of them show the same. */
export function StrategyEditor({
  value,
  onChange,
  faults = NONE,
  onReadable,
  isReadOnly = false,
}: StrategyEditorProps) {
  const { t } = useTranslation("graph");
  const [selected, setSelected] = useState<StepId | null>(null);
  const [tab, setTab] = useState<"step" | "json">("step");
  const all = useMemo(() => new Map([...faultsOf(value, t), ...faults]), [value, t, faults]);
  const faulty = useMemo(() => new Set([...all.keys()].map(stepOf)), [all]);
  const step = graphOf(value).steps.find(each => each.id === selected) ?? null;
  const editing = useMemo(
    () => ({ value, change: onChange, faults: all, isReadOnly }),
    [value, onChange, all, isReadOnly],
  );
  const choose = (id: StepId) => {
    setSelected(id);
    setTab("step");
  };
  const add = (addition: Addition) => {
    const added = withAdded(value, addition);
    onChange(added.strategy);
    choose(added.step);
  };
  return (
    <EditingContext value={editing}>
      <div className={classes.room}>
        <div className={classes.editor}>
          <div className={classes.drawing}>
            {!isReadOnly && <AddMenu value={value} onAdd={add} />}
            <StrategyGraph strategy={value} selected={step?.id} onSelect={choose} faulty={faulty} />
          </div>
          <Tabs
            className={classes.panel ?? ""}
            value={tab}
            onChange={to => {
              setTab(to === "json" ? "json" : "step");
              // A draft that is no strategy does not outlive its tab.
              onReadable?.(true);
            }}
            keepMounted={false}
          >
            <Tabs.List>
              <Tabs.Tab value="step">{t("editor.step")}</Tabs.Tab>
              <Tabs.Tab value="json">{t("editor.json")}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="step" pt="sm">
              {step === null ? (
                <Text size="xs" c="dimmed">
                  {t(isReadOnly ? "editor.look" : "editor.choose")}
                </Text>
              ) : (
                <StepPanel
                  step={step}
                  onRemove={() => {
                    onChange(withoutStep(value, step.id));
                    setSelected(null);
                  }}
                />
              )}
            </Tabs.Panel>
            <Tabs.Panel value="json" pt="sm">
              <JsonTab
                value={value}
                onChange={onChange}
                onReadable={isReadable => onReadable?.(isReadable)}
                isReadOnly={isReadOnly}
              />
              <FaultList faults={all} />
            </Tabs.Panel>
          </Tabs>
          <p className={classes.words}>{strategyInWords(value, t)}</p>
        </div>
      </div>
    </EditingContext>
  );
}
