import { Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useTranslation } from "react-i18next";
import { useApi } from "../../api/context.js";
import type { TerminalDetail } from "../../api/schema.js";
import { Confirm } from "./Confirm.js";
import { useChange } from "./change.js";

/** Closes one connection, after a question. */
export function CloseConnection({ terminal }: { terminal: TerminalDetail }) {
  const api = useApi();
  const { t } = useTranslation("terminals");
  const [asking, { open, close }] = useDisclosure(false);
  const closing = useChange(
    () => api.DELETE("/v1/terminals/{connection_id}", { params: { path: { connection_id: terminal.connection_id } } }),
    () => t("close.done", { terminal: terminal.terminal_id }),
    close,
  );
  return (
    <>
      <Button size="xs" variant="default" onClick={open}>
        {t("close.open")}
      </Button>
      <Confirm
        opened={asking}
        onClose={close}
        title={t("close.title", { terminal: terminal.terminal_id })}
        action={t("close.action")}
        onConfirm={() => closing.mutate()}
        pending={closing.isPending}
        error={closing.error}
      >
        <Text>{t("close.detail")}</Text>
      </Confirm>
    </>
  );
}
