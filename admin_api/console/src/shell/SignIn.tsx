import { Button, Center, Code, Divider, Group, Paper, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Config } from "../api/config.js";
import type { ProblemError } from "../api/problem.js";
import { Appearance } from "./Appearance.js";
import { LanguageChoice } from "./LanguageChoice.js";
import { Notice } from "./Notice.js";

const COMMAND = `fanfare token --user admin --ttl 8h --scope push:send --scope push:read --scope push:approve \\
  --scope terminals:read --scope terminals:manage --scope strategies:write --scope audit:read`;

interface SignInProps {
  readonly config: Config;
  readonly because: ProblemError | null;
  readonly title?: string;
  readonly command?: string;
  signIn(token: string): void;
}

/** The way in: the company's identity provider where there is one, or a token. */
export function SignIn({ config, because, signIn, title, command = COMMAND }: SignInProps) {
  const { t } = useTranslation("shell");
  const [token, setToken] = useState("");
  const [leaveError, setLeaveError] = useState<string | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim() !== "") signIn(token.trim());
  };
  const leave = async () => {
    if (config.oidc === null) return;
    try {
      const { leaveToSignIn } = await import("../session/oidc.js");
      await leaveToSignIn(config.oidc);
    } catch (error) {
      setLeaveError(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Center mih="100dvh" p="md" component="main">
      <Paper withBorder p="xl" w="100%" maw={520}>
        <Stack>
          <Title order={1}>{title ?? t("signIn.title")}</Title>
          {because !== null && (
            <Notice tone={because.code === "token_expired" ? "care" : "fault"} role="alert" title={t(titleOf(because))}>
              {because.detail || because.title}
            </Notice>
          )}
          {leaveError !== null && (
            <Notice tone="fault" role="alert">
              {leaveError}
            </Notice>
          )}
          {config.oidc !== null && (
            <>
              <Button onClick={() => void leave()}>{t("signIn.oidc")}</Button>
              <Divider label={t("signIn.or")} />
            </>
          )}
          <form onSubmit={submit}>
            <Stack>
              <PasswordInput
                label={t("signIn.token")}
                description={t("signIn.tokenHint")}
                value={token}
                autoComplete="off"
                spellCheck={false}
                onChange={event => setToken(event.currentTarget.value)}
                data-autofocus
              />
              <Button
                type="submit"
                variant={config.oidc === null ? "filled" : "default"}
                disabled={token.trim() === ""}
              >
                {t("signIn.submit")}
              </Button>
            </Stack>
          </form>
          <Text c="dimmed">{t("signIn.command")}</Text>
          <Code block style={{ whiteSpace: "pre-wrap" }}>
            {command}
          </Code>
          <Group grow>
            <LanguageChoice />
            <Appearance />
          </Group>
        </Stack>
      </Paper>
    </Center>
  );
}

function titleOf({ code, status }: ProblemError) {
  if (code === "token_expired") return "signIn.ended";
  return status === 401 || status === 403 ? "signIn.refused" : "signIn.failed";
}
