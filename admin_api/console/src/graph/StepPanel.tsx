import { Button, Stack, Title } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { isRemovable } from "./editing.js";
import { useEditing } from "./forms/editing.js";
import { StepForm } from "./forms/StepForm.js";
import type { Step } from "./nodes.js";
import classes from "./StrategyEditor.module.css";
import { stepWords } from "./words.js";

/** The chosen step: its form, and how to take it out. */
export function StepPanel({ step, onRemove }: { step: Step; onRemove: () => void }) {
  const { t } = useTranslation("graph");
  const { value, isReadOnly } = useEditing();
  return (
    <Stack gap="sm">
      <div className={classes.head}>
        <Title order={2} size="h3">
          {stepWords(step, value, t).title}
        </Title>
        {!isReadOnly && isRemovable(step.id) && (
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            leftSection={<IconTrash size={14} aria-hidden />}
            onClick={onRemove}
          >
            {t("editor.remove")}
          </Button>
        )}
      </div>
      <StepForm key={step.id} step={step} />
    </Stack>
  );
}
