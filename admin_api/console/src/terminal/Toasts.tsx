import { CloseButton } from "@mantine/core";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { shown } from "../message/convention.js";
import { MessageCard } from "../message/MessageCard.js";
import type { Item } from "./desk.js";
import classes from "./TerminalPage.module.css";

/** How long a toast stays; one that is critical stays until it is put away. */
const STAYS_MS = 12_000;

/** Messages that nobody has to confirm, in the corner, for a while. */
export function Toasts({ items, dismiss }: { items: readonly Item[]; dismiss(id: string): void }) {
  const { t } = useTranslation("terminal");
  return (
    <section className={classes.toasts} aria-label={t("toasts")} aria-live="polite">
      {items.map(item => (
        <Toast key={`${item.id} ${item.reminders}`} item={item} dismiss={dismiss} />
      ))}
    </section>
  );
}

function Toast({ item, dismiss }: { item: Item; dismiss(id: string): void }) {
  const { t } = useTranslation("terminal");
  const it = shown(item.message);
  const stays = it.as === "card" && it.level === "critical";
  useEffect(() => {
    if (stays) return;
    const timer = setTimeout(() => dismiss(item.id), STAYS_MS);
    return () => clearTimeout(timer);
  }, [stays, item.id, dismiss]);
  return (
    <div className={classes.toast}>
      <MessageCard message={item.message} />
      <CloseButton
        className={classes.close ?? ""}
        size="sm"
        aria-label={t("dismiss")}
        onClick={() => dismiss(item.id)}
      />
    </div>
  );
}
