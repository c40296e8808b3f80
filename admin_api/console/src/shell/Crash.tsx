import { Box, Button, Code, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useRouteError } from "react-router";
import { Notice } from "./Notice.js";

/** A page that threw: said as what it is, with a way on. */
export function Crash() {
  const { t } = useTranslation("shell");
  const error = useRouteError();
  return (
    <Box m="lg">
      <Notice tone="fault" role="alert" title={t("crash.title")}>
        <Stack align="flex-start">
          {t("crash.detail")}
          <Code block>{error instanceof Error ? error.message : String(error)}</Code>
          <Button size="xs" variant="default" onClick={() => location.reload()}>
            {t("crash.reload")}
          </Button>
        </Stack>
      </Notice>
    </Box>
  );
}
