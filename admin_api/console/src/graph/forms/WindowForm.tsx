import { Autocomplete, Checkbox, Group, Input, Radio, SegmentedControl, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Notice } from "../../shell/Notice.js";
import { withMember } from "../editing.js";
import { DAYS, type Day, OF_AN_ATTRIBUTE, type WindowGiven } from "../strategy.js";
import { dayName } from "../words.js";
import { useEditing } from "./editing.js";
import { TextField } from "./fields.js";

const TIMEZONES = ["UTC", ...Intl.supportedValuesOf("timeZone")];

/** The hours in which it may be sent: by whose clock, on which days, from when to when. */
export function WindowForm() {
  const { t } = useTranslation("graph");
  const { value, change, faults, isReadOnly } = useEditing();
  const window: WindowGiven = value.window ?? {};
  const set = <K extends keyof WindowGiven>(member: K, to: WindowGiven[K] | undefined) =>
    change({ ...value, window: withMember(window, member, to) });
  const timezone = window.timezone ?? "UTC";
  const isOwn = timezone.startsWith(OF_AN_ATTRIBUTE);
  const { otherwise: _, ...withoutOtherwise } = window;
  return (
    <Stack gap="sm">
      {value.priority === "urgent" && <Notice>{t("form.window.urgent")}</Notice>}
      <Input.Wrapper size="xs" label={t("form.window.clock")} labelElement="div">
        <SegmentedControl
          size="xs"
          fullWidth
          readOnly={isReadOnly}
          value={isOwn ? "own" : "one"}
          data={[
            { value: "own", label: t("form.window.own") },
            { value: "one", label: t("form.window.one") },
          ]}
          onChange={kind =>
            change({ ...value, window: { ...withoutOtherwise, timezone: kind === "own" ? "attr:tz" : "UTC" } })
          }
        />
      </Input.Wrapper>
      {isOwn ? (
        <>
          <TextField
            pointer="/window/timezone"
            label={t("form.window.attribute")}
            description={t("form.window.attributeHint")}
            value={timezone.slice(OF_AN_ATTRIBUTE.length)}
            onChange={name => set("timezone", `${OF_AN_ATTRIBUTE}${name ?? ""}`)}
          />
          <Zone
            pointer="/window/otherwise"
            label={t("form.window.otherwise")}
            value={window.otherwise ?? "UTC"}
            onChange={zone => set("otherwise", zone)}
          />
        </>
      ) : (
        <Zone
          pointer="/window/timezone"
          label={t("form.window.timezone")}
          value={timezone}
          onChange={zone => set("timezone", zone)}
        />
      )}
      <Checkbox.Group
        size="xs"
        label={t("form.window.days")}
        error={faults.get("/window/days")}
        readOnly={isReadOnly}
        value={[...(window.days ?? DAYS)]}
        onChange={days =>
          set(
            "days",
            DAYS.filter((day: Day) => days.includes(day)),
          )
        }
      >
        <Group gap="xs" mt={4}>
          {DAYS.map(day => (
            <Checkbox key={day} size="xs" value={day} label={dayName(day)} />
          ))}
        </Group>
      </Checkbox.Group>
      <Group gap="xs" grow align="flex-start">
        <TextField
          pointer="/window/from"
          label={t("form.window.from")}
          value={window.from ?? "00:00"}
          onChange={at => set("from", at)}
        />
        <TextField
          pointer="/window/to"
          label={t("form.window.to")}
          value={window.to ?? "24:00"}
          onChange={at => set("to", at)}
        />
      </Group>
      <Radio.Group
        size="xs"
        label={t("form.window.outside")}
        readOnly={isReadOnly}
        value={window.outside ?? "wait"}
        onChange={outside => set("outside", outside === "drop" ? "drop" : "wait")}
      >
        <Stack gap={6} mt={4}>
          <Radio size="xs" value="wait" label={t("form.window.wait")} />
          <Radio size="xs" value="drop" label={t("form.window.drop")} />
        </Stack>
      </Radio.Group>
    </Stack>
  );
}

interface ZoneProps {
  readonly pointer: string;
  readonly label: string;
  readonly value: string;
  readonly onChange: (zone: string) => void;
}

function Zone({ pointer, label, value, onChange }: ZoneProps) {
  const { faults, isReadOnly } = useEditing();
  return (
    <Autocomplete
      size="xs"
      label={label}
      data={TIMEZONES}
      limit={12}
      value={value}
      error={faults.get(pointer)}
      readOnly={isReadOnly}
      onChange={onChange}
    />
  );
}
