import { Button, Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** Whether a condition, or a box of them, is turned round. */
export function NotToggle({ negated, onChange }: { negated: boolean; onChange: (negated: boolean) => void }) {
  const { t } = useTranslation("target");
  return (
    <Tooltip label={t("builder.notHint")}>
      <Button
        size="compact-xs"
        variant={negated ? "filled" : "default"}
        aria-pressed={negated}
        onClick={() => onChange(!negated)}
      >
        {t("builder.not")}
      </Button>
    </Tooltip>
  );
}
