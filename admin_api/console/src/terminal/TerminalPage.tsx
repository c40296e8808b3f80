import { Anchor, Button, Group, Text, Title } from "@mantine/core";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { restUrl } from "../api/config.js";
import { useSession } from "../session/session.js";
import { Appearance } from "../shell/Appearance.js";
import { LanguageChoice } from "../shell/LanguageChoice.js";
import { Notice } from "../shell/Notice.js";
import { ConnectionLight } from "./ConnectionLight.js";
import { toasts, unread } from "./desk.js";
import { History } from "./History.js";
import { MustRead } from "./MustRead.js";
import { NoticeSwitch } from "./NoticeSwitch.js";
import classes from "./TerminalPage.module.css";
import { Toasts } from "./Toasts.js";
import { terminalName, useDesk } from "./useDesk.js";

/** What a person sees at a terminal: whether it is connected, what comes, what came. */
export function TerminalPage() {
  const { t } = useTranslation("terminal");
  const { config, token, caller, signOut } = useSession();
  const place = { wsUrl: config.ws_url, apiUrl: restUrl(config), token, user: caller.user };
  const { desk, confirm, dismiss } = useDesk(place);
  const waiting = unread(desk);
  useEffect(() => {
    document.title = waiting.length > 0 ? t("titleUnread", { count: waiting.length }) : t("title");
  }, [waiting.length, t]);
  return (
    <div className={classes.page}>
      <header className={classes.top}>
        <Title order={1}>{t("title")}</Title>
        <ConnectionLight light={desk.light} />
        <Group gap="xs" className={classes.who ?? ""}>
          <Text size="sm">
            {caller.user}/{terminalName()}
          </Text>
          <Button size="xs" variant="default" onClick={signOut}>
            {t("leave")}
          </Button>
        </Group>
      </header>
      <main className={classes.main}>
        {desk.light.is === "refused" && (
          <Notice tone="fault" role="alert" title={t("refused")}>
            {desk.light.detail}
          </Notice>
        )}
        {desk.trouble !== null && <Notice role="alert">{desk.trouble}</Notice>}
        {desk.hasLost && <Notice role="status">{t("lost")}</Notice>}
        <History items={desk.items} confirm={confirm} />
      </main>
      <footer className={classes.foot}>
        <NoticeSwitch />
        <LanguageChoice />
        <Appearance />
        <Anchor href="./" size="sm" className={classes.console ?? ""}>
          {t("console")}
        </Anchor>
      </footer>
      <Toasts items={toasts(desk)} dismiss={dismiss} />
      <MustRead items={waiting} confirm={confirm} />
    </div>
  );
}
