import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Empty } from "./states.js";

/** An address that leads nowhere. */
export function Missing() {
  const { t } = useTranslation("shell");
  return (
    <Empty title={t("missing.title")}>
      <Button component={Link} to="/" variant="default">
        {t("missing.back")}
      </Button>
    </Empty>
  );
}
