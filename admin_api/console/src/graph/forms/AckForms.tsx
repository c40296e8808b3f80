import { Checkbox, Input, SegmentedControl, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { withMember } from "../editing.js";
import type { AckGiven } from "../strategy.js";
import { useEditing } from "./editing.js";
import { DurationField, NumberField } from "./fields.js";

function useAck() {
  const { value, change } = useEditing();
  const ack: AckGiven = value.ack ?? {};
  const set = <K extends keyof AckGiven>(member: K, to: AckGiven[K] | undefined) =>
    change({ ...value, ack: withMember(ack, member, to) });
  return { ack, set };
}

/** What must be confirmed, within which time. */
export function AckForm() {
  const { t } = useTranslation("graph");
  const { value, change, faults, isReadOnly } = useEditing();
  const { ack, set } = useAck();
  return (
    <Stack gap="sm">
      <Input.Wrapper size="xs" label={t("form.ack.need")} labelElement="div">
        <SegmentedControl
          size="xs"
          fullWidth
          readOnly={isReadOnly}
          value={ack.need ?? "read"}
          data={[
            { value: "read", label: t("form.ack.read") },
            { value: "received", label: t("form.ack.received") },
          ]}
          onChange={need => {
            const received: AckGiven = { ...ack, need: "received" };
            if (need === "read") set("need", "read");
            else change({ ...value, ack: withMember(received, "once_per_user", null) });
          }}
        />
      </Input.Wrapper>
      <DurationField
        pointer="/ack/within"
        label={t("form.ack.within")}
        description={t("form.ack.withinHint")}
        value={ack.within}
        placeholder={t("form.ack.nobody")}
        onChange={within => set("within", within)}
      />
      {ack.need !== "received" && (
        <Checkbox
          size="xs"
          label={t("form.ack.perUser")}
          description={t("form.ack.perUserHint")}
          checked={ack.once_per_user ?? false}
          disabled={isReadOnly}
          error={faults.get("/ack/once_per_user")}
          onChange={event => set("once_per_user", event.currentTarget.checked || null)}
        />
      )}
    </Stack>
  );
}

/** How often it is sent again. */
export function ResendForm() {
  const { t } = useTranslation("graph");
  const { ack, set } = useAck();
  return (
    <Stack gap="sm">
      <NumberField
        pointer="/ack/resend"
        label={t("form.resend.times")}
        description={t("form.resend.hint")}
        value={ack.resend}
        min={1}
        max={10}
        onChange={times => set("resend", times ?? 1)}
      />
      <DurationField
        pointer="/ack/within"
        label={t("form.resend.every")}
        value={ack.within}
        onChange={within => set("within", within)}
      />
    </Stack>
  );
}
