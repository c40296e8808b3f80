import { Group, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Page.module.css";

interface PageProps {
  readonly title: string;
  /** Beside the title: a state, a count. */
  readonly beside?: ReactNode;
  /** At the right: what can be done here. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A page: its title, what can be done there, its content. Every page is one of these. */
export function Page({ title, beside, actions, children }: PageProps) {
  const { t } = useTranslation("shell");
  useEffect(() => {
    document.title = `${title} · ${t("product")}`;
  }, [title, t]);
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <Group gap="sm" align="center" wrap="wrap">
          <Title order={1}>{title}</Title>
          {beside}
        </Group>
        <Group gap="xs">{actions}</Group>
      </header>
      {children}
    </div>
  );
}
