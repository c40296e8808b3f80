import { Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { withMember, withWaveAs } from "../editing.js";
import type { HaltIfGiven, WaveGiven } from "../strategy.js";
import { useEditing } from "./editing.js";
import { DurationField, NumberField, PercentField, SwitchField } from "./fields.js";

/** How far a wave goes, how long the next one waits, and when the push halts. `number` counts from 1. */
export function WaveForm({ number }: { number: number }) {
  const { t } = useTranslation("graph");
  const { value, change, faults } = useEditing();
  const waves = value.waves ?? [];
  const wave = waves[number - 1] ?? {};
  const here = `/waves/${number - 1}`;
  const set = <K extends keyof WaveGiven>(member: K, to: WaveGiven[K] | undefined) =>
    change(withWaveAs(value, number - 1, before => withMember(before, member, to)));
  const halt = wave.halt_if ?? null;
  const setHalt = <K extends keyof HaltIfGiven>(member: K, to: HaltIfGiven[K] | undefined) =>
    set("halt_if", withMember(halt ?? {}, member, to));
  return (
    <Stack gap="sm">
      <PercentField
        pointer={`${here}/percent`}
        label={t("form.wave.percent")}
        description={t("form.wave.percentHint")}
        value={wave.percent}
        onChange={percent => set("percent", percent)}
      />
      {number < waves.length && (
        <DurationField
          pointer={`${here}/then_wait`}
          label={t("form.wave.wait")}
          value={wave.then_wait}
          placeholder="0s"
          onChange={wait => set("then_wait", wait)}
        />
      )}
      <SwitchField
        label={t("form.wave.halt")}
        checked={halt !== null}
        onChange={isOn => set("halt_if", isOn ? { failed_over: 0.02, at_least: 50 } : null)}
      />
      {halt !== null && (
        <>
          {(["failed", "gone"] as const).map(share => (
            <PercentField
              key={share}
              pointer={`${here}/halt_if/${share}_over`}
              label={t(`form.wave.${share}`)}
              value={inPercent(halt[`${share}_over`])}
              onChange={percent => setHalt(`${share}_over`, asShare(percent))}
            />
          ))}
          {faults.has(`${here}/halt_if`) && (
            <Text size="xs" c="var(--state-failed-ink)">
              {faults.get(`${here}/halt_if`)}
            </Text>
          )}
          <NumberField
            pointer={`${here}/halt_if/at_least`}
            label={t("form.wave.atLeast")}
            description={t("form.wave.atLeastHint")}
            value={halt.at_least ?? 1}
            min={1}
            onChange={least => setHalt("at_least", least)}
          />
        </>
      )}
    </Stack>
  );
}

/** A share of 0 to 1 in percent, without the tail that binary fractions leave. */
const inPercent = (share: number | null | undefined) => (share == null ? undefined : Number((share * 100).toFixed(4)));
const asShare = (percent: number | undefined) =>
  percent === undefined ? undefined : Number((percent / 100).toFixed(6));
