import { Stack, Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { withMember } from "../editing.js";
import type { PaceGiven, RampGiven } from "../strategy.js";
import { useEditing } from "./editing.js";
import { NumberField } from "./fields.js";

/** How many terminals a second, and how slowly it starts. */
export function PaceForm() {
  const { t } = useTranslation("graph");
  const { value, change, isReadOnly } = useEditing();
  const pace: PaceGiven = value.pace ?? {};
  const ramp = pace.ramp ?? null;
  const set = (next: PaceGiven) => change({ ...value, pace: next });
  const setRamp = (member: keyof RampGiven, to: number | undefined) =>
    set({ ...pace, ramp: { ...ramp, [member]: to } });
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
      <Switch
        size="xs"
        label={t("form.pace.ramp")}
        checked={ramp !== null}
        disabled={isReadOnly}
        onChange={event =>
          set(
            withMember(
              pace,
              "ramp",
              event.currentTarget.checked
                ? { from_per_second: Math.max(0.1, (pace.per_second ?? 10) / 10), multiply_by: 2, each: 100 }
                : null,
            ),
          )
        }
      />
      {ramp !== null && (
        <>
          <NumberField
            pointer="/pace/ramp/from_per_second"
            label={t("form.pace.from")}
            value={ramp.from_per_second}
            min={0.1}
            decimals={1}
            onChange={to => setRamp("from_per_second", to)}
          />
          <NumberField
            pointer="/pace/ramp/multiply_by"
            label={t("form.pace.multiply")}
            value={ramp.multiply_by}
            min={1.01}
            decimals={2}
            onChange={to => setRamp("multiply_by", to)}
          />
          <NumberField
            pointer="/pace/ramp/each"
            label={t("form.pace.each")}
            value={ramp.each}
            min={1}
            onChange={to => setRamp("each", to)}
          />
        </>
      )}
    </Stack>
  );
}
