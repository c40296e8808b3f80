import { Button, Group, Modal, Stack } from "@mantine/core";
import { createContext, type ReactNode, useContext, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { ProblemAlert } from "../../shell/states.js";

interface ConfirmProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** What the button does, with its size: "Block alice: closes 3 connections". */
  readonly action: string;
  readonly onConfirm: () => void;
  readonly pending: boolean;
  readonly disabled?: boolean;
  readonly error: unknown;
  /** What it means, and what it can be given. */
  readonly children: ReactNode;
}

/** Told whether a question stands over what it is about: Escape then closes the question alone. */
export const Asking = createContext<(asks: boolean) => void>(() => undefined);

/** Asks once more before something that is not easily taken back. */
export function Confirm({
  opened,
  onClose,
  title,
  action,
  onConfirm,
  pending,
  disabled = false,
  error,
  children,
}: ConfirmProps) {
  const { t } = useTranslation("shell");
  const tell = useContext(Asking);
  useEffect(() => {
    if (!opened) return;
    tell(true);
    return () => tell(false);
  }, [opened, tell]);
  return (
    <Modal
      size={520}
      opened={opened}
      onClose={onClose}
      title={title}
      closeButtonProps={{ "aria-label": t("actions.close") }}
    >
      <form
        onSubmit={event => {
          event.preventDefault();
          onConfirm();
        }}
      >
        <Stack gap="md">
          {children}
          {error !== null && <ProblemAlert error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t("actions.cancel")}
            </Button>
            <Button type="submit" color="danger" loading={pending} disabled={disabled}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
