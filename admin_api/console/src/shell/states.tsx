import { Anchor, Button, Center, Code, Loader, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { problemOf } from "../api/problem.js";
import { Notice } from "./Notice.js";

/** Something is being asked for. */
export function Loading() {
  const { t } = useTranslation("shell");
  return (
    <Center mih={160} role="status">
      <Loader size="sm" aria-hidden />
      <Text ml="sm" c="dimmed">
        {t("state.loading")}
      </Text>
    </Center>
  );
}

/** Why something failed: the problem's title, detail and where its code is explained. */
export function ProblemAlert({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  const { t } = useTranslation("shell");
  const problem = problemOf(error);
  return (
    <Notice tone="fault" role="alert" title={problem.title}>
      <Stack gap="xs" align="flex-start">
        {problem.detail !== "" && (
          <Text inherit style={{ whiteSpace: "pre-wrap" }}>
            {problem.detail}
          </Text>
        )}
        {problem.docs !== null && (
          <Anchor inherit underline="always" href={problem.docs} target="_blank" rel="noreferrer">
            {t("state.docs")}
          </Anchor>
        )}
        {retry !== undefined && (
          <Button size="xs" variant="default" onClick={retry}>
            {t("state.retry")}
          </Button>
        )}
      </Stack>
    </Notice>
  );
}

/** Nothing is there yet: what to do next, perhaps with a command to paste. */
export function Empty({ title, children, command }: { title: string; children?: ReactNode; command?: string }) {
  return (
    <Center mih={160} p="lg">
      <Stack gap="xs" align="center" maw={520}>
        <Title order={2}>{title}</Title>
        {children !== undefined && (
          <Text c="dimmed" ta="center" component="div">
            {children}
          </Text>
        )}
        {command !== undefined && <Code block>{command}</Code>}
      </Stack>
    </Center>
  );
}
