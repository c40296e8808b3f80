import { Alert, Button, Code, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useRouteError } from "react-router";

/** A page that threw: said as what it is, with a way on. */
export function Crash() {
  const { t } = useTranslation("shell");
  const error = useRouteError();
  return (
    <Alert m="lg" color="red" role="alert" title={t("crash.title")}>
      <Stack align="flex-start">
        {t("crash.detail")}
        <Code block>{error instanceof Error ? error.message : String(error)}</Code>
        <Button size="xs" variant="default" onClick={() => location.reload()}>
          {t("crash.reload")}
        </Button>
      </Stack>
    </Alert>
  );
}
