import { NativeSelect, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { withMember } from "../editing.js";
import type { StrategyGiven } from "../strategy.js";
import { useEditing } from "./editing.js";
import { DurationField, SwitchField, TextField } from "./fields.js";

function useMembers() {
  const { value, change } = useEditing();
  const set = <K extends keyof StrategyGiven>(member: K, to: StrategyGiven[K] | undefined) =>
    change(withMember(value, member, to));
  return { value, set };
}

/** What is kept of each delivery, what replaces what, what does not wait. */
export function DeliverForm() {
  const { t } = useTranslation("graph");
  const { value, set } = useMembers();
  return (
    <Stack gap="sm">
      <SwitchField
        label={t("form.deliver.receipts")}
        description={t("form.deliver.receiptsHint")}
        checked={value.receipts === "each"}
        onChange={isOn => set("receipts", isOn ? "each" : null)}
      />
      <SwitchField
        label={t("form.deliver.urgent")}
        description={t("form.deliver.urgentHint")}
        checked={value.priority === "urgent"}
        onChange={isOn => set("priority", isOn ? "urgent" : null)}
      />
      <TextField
        pointer="/collapse_key"
        label={t("form.deliver.key")}
        description={t("form.deliver.keyHint")}
        value={value.collapse_key}
        onChange={key => set("collapse_key", key)}
      />
    </Stack>
  );
}

/** When it ends whatever happens. */
export function DoneForm() {
  const { t } = useTranslation("graph");
  const { value, set } = useMembers();
  return (
    <DurationField
      pointer="/expires_in"
      label={t("form.done.expires")}
      description={t("form.done.expiresHint")}
      value={value.expires_in}
      placeholder={t("form.done.never")}
      onChange={expires => set("expires_in", expires)}
    />
  );
}

const REPLAYS = ["missed", "latest", "none"] as const;

/** How long those who are away can still get it, and what of it. */
export function RetainForm() {
  const { t } = useTranslation("graph");
  const { isReadOnly } = useEditing();
  const { value, set } = useMembers();
  return (
    <Stack gap="sm">
      <DurationField
        pointer="/retain"
        label={t("form.retain.retain")}
        description={t("form.retain.retainHint")}
        value={value.retain}
        placeholder="24h"
        onChange={retain => set("retain", retain)}
      />
      <NativeSelect
        size="xs"
        label={t("form.retain.replay")}
        value={value.replay ?? "missed"}
        disabled={isReadOnly}
        data={REPLAYS.map(replay => ({ value: replay, label: t(`form.retain.${replay}`) }))}
        onChange={event => {
          const replay = REPLAYS.find(each => each === event.currentTarget.value);
          set("replay", replay === "missed" ? null : replay);
        }}
      />
    </Stack>
  );
}
