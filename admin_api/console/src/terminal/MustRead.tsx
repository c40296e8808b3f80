import { Modal } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { MessageCard } from "../message/MessageCard.js";
import type { Item } from "./desk.js";
import classes from "./TerminalPage.module.css";

/** What a person has to confirm, one after the other. It cannot be put away otherwise: that is what it is for. */
export function MustRead({ items, confirm }: { items: readonly Item[]; confirm(id: string): void }) {
  const { t } = useTranslation("terminal");
  const [item] = items;
  return (
    <Modal
      opened={item !== undefined}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      centered
      padding={0}
      // The message says it in sight; the dialog has no title beside it.
      attributes={{ content: { "aria-label": t("mustRead") } }}
      classNames={{ content: classes.mustRead ?? "" }}
    >
      {item !== undefined && (
        <MessageCard
          key={item.id}
          message={item.message}
          ack="read"
          sentAt={item.sentAtMs === null ? undefined : new Date(item.sentAtMs).toISOString()}
          onConfirm={() => confirm(item.id)}
        />
      )}
      {items.length > 1 && <p className={classes.several}>{t("several", { count: items.length })}</p>}
    </Modal>
  );
}
