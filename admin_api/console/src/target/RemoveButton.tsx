import { ActionIcon, Tooltip } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import classes from "./AudienceBuilder.module.css";

/** Takes a condition or a box out, as its label says. */
export function RemoveButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Tooltip label={label}>
      <ActionIcon className={classes.remove} variant="subtle" color="gray" aria-label={label} onClick={onClick}>
        <IconX size={16} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
