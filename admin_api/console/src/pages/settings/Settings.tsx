import { Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { SLOWLY } from "../../api/live.js";
import { figure } from "../../format/figures.js";
import { useSession } from "../../session/session.js";
import { Needs } from "../../shell/Needs.js";
import { Page } from "../../shell/Page.js";
import { Loading, ProblemAlert } from "../../shell/states.js";
import { Health } from "./Health.js";
import { Issuers } from "./Issuers.js";
import { Senders } from "./Senders.js";
import classes from "./Settings.module.css";

/** How the service is set up, and whether it is well. */
export function Component() {
  return (
    <Needs scope="audit:read">
      <Settings />
    </Needs>
  );
}

function Settings() {
  const { t } = useTranslation("settings");
  const api = useApi();
  const { may } = useSession();
  const settings = useQuery({
    queryKey: ["settings"],
    queryFn: async () => answered(await api.GET("/v1/settings")),
    ...SLOWLY,
  });
  if (settings.isPending) return <Loading />;
  if (settings.isError) return <ProblemAlert error={settings.error} retry={() => void settings.refetch()} />;
  const { version, runtime, limits, retention, issuers, webhooks, console: pages } = settings.data;
  return (
    <Page title={t("title")}>
      <Section title={t("service")}>
        <Facts
          facts={[
            [t("version"), version],
            [t("runtime"), t(`runtimes.${runtime}`)],
            [t("health"), <Health key="health" />],
            [t("socket"), pages.ws_url ?? t("unknown")],
            [t("signIn"), pages.oidc === null ? t("byToken") : pages.oidc.authority],
            [t("confirmAbove"), t("confirmAboveValue", { count: pages.confirm_above })],
          ]}
        />
      </Section>
      <Section title={t("issuers")} note={t("issuersNote")}>
        <Issuers issuers={issuers} />
      </Section>
      {may("senders:write") && (
        <Section title={t("senders")} note={t("sendersNote")}>
          <Senders />
        </Section>
      )}
      <div className={classes.columns}>
        <Section title={t("limits")} note={t("limitsNote")}>
          <Facts facts={Object.entries(limits).map(([name, value]) => [name, limit(value, t("noLimit"))])} mono />
        </Section>
        <Section title={t("retention")}>
          <Facts facts={Object.entries(retention).map(([name, value]) => [name, figure(value)])} mono />
        </Section>
      </div>
      <Section title={t("webhooks")}>
        {webhooks === null && <Text c="dimmed">{t("webhooksSecret")}</Text>}
        {webhooks !== null && webhooks.length === 0 && <Text c="dimmed">{t("webhooksNone")}</Text>}
        {webhooks !== null && webhooks.length > 0 && (
          <Facts facts={webhooks.map(each => [each.name, `${each.url_host} · ${each.events.join(", ")}`])} />
        )}
      </Section>
    </Page>
  );
}

const limit = (value: number | null, none: string) => (value === null ? none : figure(value));

function Section({ title, note, children }: { title: string; note?: string; children: ReactNode }) {
  return (
    <section className={classes.section}>
      <Title order={2}>{title}</Title>
      {note !== undefined && (
        <Text c="dimmed" size="sm">
          {note}
        </Text>
      )}
      {children}
    </section>
  );
}

function Facts({ facts, mono = false }: { facts: readonly (readonly [string, ReactNode])[]; mono?: boolean }) {
  return (
    <Table className={classes.facts ?? ""} verticalSpacing={6}>
      <Table.Tbody>
        {facts.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" className={mono ? (classes.mono ?? "") : ""}>
              {name}
            </Table.Th>
            <Table.Td className="tabular">{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
