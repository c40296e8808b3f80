import { Button, Group, Modal, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { ProblemAlert } from "../../shell/states.js";
import { useKeeping } from "./queries.js";

interface DeleteDialogProps {
  readonly name: string;
  readonly version: number;
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** Asks before a name is taken out of use, and says what that means. */
export function DeleteDialog({ name, version, opened, onClose }: DeleteDialogProps) {
  const { t } = useTranslation("strategies");
  const navigate = useNavigate();
  const { remove } = useKeeping();
  const removing = useMutation({
    mutationFn: () => remove(name, version),
    onSuccess: () => navigate("/strategies"),
  });
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("delete.title", { name })}
      closeButtonProps={{ "aria-label": t("delete.keep") }}
    >
      <Stack>
        {t("delete.detail", { name })}
        {removing.error !== null && <ProblemAlert error={removing.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("delete.keep")}
          </Button>
          <Button color="danger" loading={removing.isPending} onClick={() => removing.mutate()}>
            {t("delete.confirm", { name })}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
