import { Stack, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { sameJson } from "../../api/json.js";
import { TargetInput } from "../../target/TargetInput.js";
import { targetText } from "../../target/text.js";
import type { EscalationGiven } from "../strategy.js";
import { useEditing } from "./editing.js";
import { TextField } from "./fields.js";

/** Whom to tell in the end, and what. */
export function EscalateForm() {
  const { t } = useTranslation("graph");
  const { value, change, faults, isReadOnly } = useEditing();
  const escalate: EscalationGiven = value.ack?.escalate ?? {};
  const set = (more: EscalationGiven) =>
    change({ ...value, ack: { ...value.ack, escalate: { ...escalate, ...more } } });
  const [text, setText] = useState(() => messageText(escalate.message));
  const shown = sameJson(messageOf(text), escalate.message ?? "") ? text : messageText(escalate.message);
  return (
    <Stack gap="sm">
      {isReadOnly ? (
        <TextField
          pointer="/ack/escalate/target"
          label={t("form.escalate.target")}
          value={targetText(escalate.target)}
          onChange={() => undefined}
        />
      ) : (
        <TargetInput
          label={t("form.escalate.target")}
          hint={t("form.escalate.targetHint")}
          value={targetText(escalate.target)}
          fault={faults.get("/ack/escalate/target")}
          onChange={target => set({ target })}
        />
      )}
      <Textarea
        size="xs"
        rows={4}
        label={t("form.escalate.message")}
        description={t("form.escalate.messageHint")}
        value={shown}
        error={faults.get("/ack/escalate/message")}
        readOnly={isReadOnly}
        onChange={event => {
          setText(event.currentTarget.value);
          set({ message: messageOf(event.currentTarget.value) });
        }}
      />
    </Stack>
  );
}

/** A message as one writes it: text, or a JSON object where it is one. */
function messageOf(text: string): unknown {
  if (!text.trimStart().startsWith("{")) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function messageText(message: unknown): string {
  if (message === undefined || message === null) return "";
  return typeof message === "string" ? message : JSON.stringify(message, null, 2);
}
