import { Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { withMember } from "../editing.js";
import type { PaceGiven, RampGiven } from "../strategy.js";
import { useEditing } from "./editing.js";
import { NumberField, SwitchField } from "./fields.js";

const RAMP = [
  { member: "from_per_second", label: "from", min: 0.1, decimals: 1 },
  { member: "multiply_by", label: "multiply", min: 1.01, decimals: 2 },
  { member: "each", label: "each", min: 1 },
] as const;

/** A ramp from a tenth of the pace. */
const gentle = ({ per_second }: PaceGiven): RampGiven => ({
  from_per_second: Math.max(0.1, (per_second ?? 10) / 10),
  multiply_by: 2,
  each: 100,
});

/** How many terminals a second, and how slowly it starts. */
export function PaceForm() {
  const { t } = useTranslation("graph");
  const { value, change } = useEditing();
  const pace: PaceGiven = value.pace ?? {};
  const ramp = pace.ramp ?? null;
  const set = (next: PaceGiven) => change({ ...value, pace: next });
  return (
    <Stack gap="sm">
      <NumberField
        pointer="/pace/per_second"
        label={t("form.pace.perSecond")}
        value={pace.per_second}
        min={0.1}
        decimals={1}
        onChange={rate => set({ ...pace, per_second: rate })}
      />
      <SwitchField
        label={t("form.pace.ramp")}
        checked={ramp !== null}
        onChange={isOn => set(withMember(pace, "ramp", isOn ? gentle(pace) : null))}
      />
      {ramp !== null &&
        RAMP.map(({ member, label, ...bounds }) => (
          <NumberField
            key={member}
            pointer={`/pace/ramp/${member}`}
            label={t(`form.pace.${label}`)}
            value={ramp[member]}
            {...bounds}
            onChange={to => set({ ...pace, ramp: { ...ramp, [member]: to } })}
          />
        ))}
    </Stack>
  );
}
