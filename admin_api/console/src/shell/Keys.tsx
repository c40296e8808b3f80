import { Kbd, Modal, Table } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useSession } from "../session/session.js";
import { DESTINATIONS } from "./destinations.js";

const SEQUENCE_MS = 1_200;

/** What a filter box carries, so that `/` finds it: `<TextInput {...FILTER_BOX} />`. */
export const FILTER_BOX = { "data-filter-box": true } as const;

/** The keys that work on every page: `/`, `n`, `g` and a letter, `?`. */
export function Keys() {
  const { t } = useTranslation("shell");
  const navigate = useNavigate();
  const { may } = useSession();
  const [listed, { open, close }] = useDisclosure(false);
  const goUntil = useRef(0);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      if (event.timeStamp < goUntil.current) {
        goUntil.current = 0;
        const to = DESTINATIONS.find(each => each.key === event.key && may(each.scope));
        if (to !== undefined) return void navigate(to.path);
      }
      if (event.key === "/") {
        const box = document.querySelector<HTMLElement>("[data-filter-box]");
        if (box === null) return;
        event.preventDefault();
        box.focus();
      } else if (event.key === "n" && may("push:send")) void navigate("/compose");
      else if (event.key === "?") open();
      else if (event.key === "g") goUntil.current = event.timeStamp + SEQUENCE_MS;
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [navigate, may, open]);
  return (
    <Modal opened={listed} onClose={close} title={t("keys.title")} closeButtonProps={{ "aria-label": t("keys.close") }}>
      <Table>
        <Table.Tbody>
          <Key keys="/">{t("keys.filter")}</Key>
          <Key keys="n">{t("keys.new")}</Key>
          {DESTINATIONS.filter(each => may(each.scope)).map(each => (
            <Key key={each.name} keys={`g ${each.key}`}>
              {t(`nav.${each.name}`)}
            </Key>
          ))}
          <Key keys="?">{t("keys.help")}</Key>
        </Table.Tbody>
      </Table>
    </Modal>
  );
}

function Key({ keys, children }: { keys: string; children: string }) {
  return (
    <Table.Tr>
      <Table.Td w={96}>
        {keys.split(" ").map(key => (
          <Kbd key={key} mr={4}>
            {key}
          </Kbd>
        ))}
      </Table.Td>
      <Table.Td>{children}</Table.Td>
    </Table.Tr>
  );
}

/** Whether the key is meant for a field, for a dialog, or for an editor inside a shadow root. */
function isTyping(event: KeyboardEvent): boolean {
  const [target] = event.composedPath();
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.closest("input, textarea, select, [role=dialog], [role=listbox]") !== null;
}
