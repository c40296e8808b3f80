import { Anchor } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { AwayTerminal, TerminalDetail } from "../../api/schema.js";
import { Moment } from "../../shell/Moment.js";
import { print } from "../../target/print.js";
import classes from "./TerminalDrawer.module.css";

interface FactsProps {
  readonly terminal: TerminalDetail | AwayTerminal;
  readonly onFilter: (filter: string) => void;
}

/** What is known of a terminal: who, from where, since when, and the attributes of its token. */
export function Facts({ terminal, onFilter }: FactsProps) {
  const { t } = useTranslation("terminals");
  const attributes = Object.entries(terminal.attributes);
  return (
    <>
      <dl className={classes.facts}>
        <Fact name={t("fact.user")}>
          <Anchor component="button" inherit onClick={() => onFilter(print({ users: [terminal.user] }))}>
            {terminal.user}
          </Anchor>
        </Fact>
        {"connection_id" in terminal ? (
          <>
            <Fact name={t("fact.since")}>
              <Moment at={terminal.connected_at} />
            </Fact>
            <Fact name={t("fact.heard")}>
              <Moment at={terminal.last_heard_at} relative />
            </Fact>
            <Fact name={t("fact.ends")}>
              <Moment at={terminal.expires_at} relative />
            </Fact>
            <Fact name={t("fact.address")}>{terminal.source_ip}</Fact>
            <Fact name={t("fact.client")}>{terminal.user_agent}</Fact>
            <Fact name={t("fact.issuer")}>{terminal.issuer}</Fact>
            <Fact name={t("fact.token")}>{terminal.token_id ?? t("fact.none")}</Fact>
            <Fact name={t("fact.connection")}>{terminal.connection_id}</Fact>
          </>
        ) : (
          <Fact name={t("fact.seen")}>
            <Moment at={terminal.last_seen_at} relative />
          </Fact>
        )}
      </dl>
      {attributes.length > 0 && (
        <section className={classes.section}>
          <h2 className={classes.heading}>{t("drawer.attributes")}</h2>
          <dl className={classes.facts}>
            {attributes.map(([name, value]) => (
              <Fact key={name} name={name}>
                <Anchor component="button" inherit onClick={() => onFilter(print({ attr: name, op: "eq", value }))}>
                  {String(value)}
                </Anchor>
              </Fact>
            ))}
          </dl>
        </section>
      )}
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
