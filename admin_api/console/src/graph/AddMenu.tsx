import { Button, Menu } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { type Addition, additionsTo } from "./editing.js";
import { STEP_ICONS } from "./icons.js";
import type { StepKind } from "./nodes.js";
import type { StrategyGiven } from "./strategy.js";

const ICON_OF: Record<Addition, StepKind> = {
  window: "window",
  pace: "pace",
  wave: "wave",
  receipts: "deliver",
  collapse_key: "deliver",
  ack: "ack",
  resend: "resend",
  escalate: "escalate",
  retain: "retain",
  expires_in: "done",
};

/** What the strategy does not do yet, to be added. */
export function AddMenu({ value, onAdd }: { value: StrategyGiven; onAdd: (addition: Addition) => void }) {
  const { t } = useTranslation("graph");
  return (
    <Menu position="bottom-start" shadow="md" transitionProps={{ duration: 100 }} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />}>
          {t("editor.add")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {additionsTo(value).map(addition => {
          const Icon = STEP_ICONS[ICON_OF[addition]];
          return (
            <Menu.Item
              key={addition}
              leftSection={<Icon size={16} stroke={1.6} aria-hidden />}
              onClick={() => onAdd(addition)}
            >
              {t(`addition.${addition}`)}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
