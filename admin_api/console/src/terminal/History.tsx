import { Button, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { shown } from "../message/convention.js";
import { Moment } from "../shell/Moment.js";
import { Empty } from "../shell/states.js";
import type { Item } from "./desk.js";
import classes from "./TerminalPage.module.css";

/** What came to this terminal, and what became of it. */
export function History({ items, confirm }: { items: readonly Item[]; confirm(id: string): void }) {
  const { t } = useTranslation("terminal");
  if (items.length === 0) {
    return (
      <Empty title={t("empty")} command="fanfare push --target all 'Lunch is served'">
        {t("emptyDetail")}
      </Empty>
    );
  }
  return (
    <section>
      <Title order={2}>{t("history")}</Title>
      <ul className={classes.list}>
        {items.map(item => (
          <li key={item.id} className={classes.item} data-off={item.fate !== "shown" && item.fate !== "confirmed"}>
            <div className={classes.words}>{words(item)}</div>
            <div className={classes.fate}>
              {item.mustRead && item.fate === "shown" ? (
                <Button size="compact-sm" onClick={() => confirm(item.id)}>
                  {t("confirm")}
                </Button>
              ) : (
                t(item.fate === "shown" ? "fate.shown" : `fate.${item.fate}`)
              )}
            </div>
            <div className={classes.meta}>
              <Moment at={new Date(item.sentAtMs ?? item.cameAtMs).toISOString()} />
              <span>{item.topic}</span>
              {item.replayed && <span>{t("replayed")}</span>}
              {item.reminders > 0 && <span>{t("reminded", { count: item.reminders })}</span>}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function words(item: Item): string {
  const it = shown(item.message);
  if (it.as === "json") return it.text;
  return [it.title, it.body].filter(text => text !== null).join("\n");
}
