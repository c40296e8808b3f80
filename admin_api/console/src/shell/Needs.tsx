import { Box } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { type Scope, useSession } from "../session/session.js";
import { Notice } from "./Notice.js";

/** `children` for who has the scope, else a sentence that says which one is missing. */
export function Needs({ scope, children }: { scope: Scope; children: ReactNode }) {
  const { t } = useTranslation("shell");
  const { may } = useSession();
  if (may(scope)) return children;
  return (
    <Box m="lg">
      <Notice tone="plain" title={t("scope.title")}>
        {t("scope.detail", { scope })}
      </Notice>
    </Box>
  );
}
