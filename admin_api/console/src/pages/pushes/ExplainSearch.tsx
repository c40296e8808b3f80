import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { FILTER_BOX } from "../../shell/Keys.js";
import type { Asked } from "./asked.js";
import classes from "./PushPage.module.css";

/** Asks why any terminal, or any user's, got the push or not. */
export function ExplainSearch({ onAsk }: { onAsk: (asked: Asked) => void }) {
  const { t } = useTranslation("pushes");
  const [by, setBy] = useState<"user" | "terminal">("user");
  const [name, setName] = useState("");
  const ask = (event: FormEvent) => {
    event.preventDefault();
    const given = name.trim();
    if (given !== "") onAsk(by === "user" ? { user: given } : { terminal: given });
  };
  return (
    <form onSubmit={ask} className={classes.search}>
      <NativeSelect
        size="xs"
        aria-label={t("search.by")}
        value={by}
        onChange={event => setBy(event.currentTarget.value === "terminal" ? "terminal" : "user")}
        data={[
          { value: "user", label: t("search.user") },
          { value: "terminal", label: t("search.terminal") },
        ]}
      />
      <TextInput
        {...FILTER_BOX}
        size="xs"
        aria-label={t("search.name")}
        placeholder={t(by === "user" ? "search.userExample" : "search.terminalExample")}
        value={name}
        onChange={event => setName(event.currentTarget.value)}
      />
      <Button type="submit" size="xs" variant="default" leftSection={<IconSearch size={14} aria-hidden />}>
        {t("search.explain")}
      </Button>
    </form>
  );
}
