import { Alert } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { type Scope, useSession } from "../session/session.js";

/** `children` for who has the scope, else a sentence that says which one is missing. */
export function Needs({ scope, children }: { scope: Scope; children: ReactNode }) {
  const { t } = useTranslation("shell");
  const { may } = useSession();
  if (may(scope)) return children;
  return (
    <Alert m="lg" color="gray" title={t("scope.title")}>
      {t("scope.detail", { scope })}
    </Alert>
  );
}
