import { Button, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import type { User } from "../../api/schema.js";
import { Moment } from "../../shell/Moment.js";
import { Confirm } from "./Confirm.js";
import { useChange } from "./change.js";
import classes from "./TerminalDrawer.module.css";

/** Makes the token of a connection, or all tokens of its user, worthless. */
export function RevokeTokens({ user, tokenId }: { user: User; tokenId: string | null }) {
  const api = useApi();
  const { t } = useTranslation("terminals");
  const [asked, setAsked] = useState<"one" | "all" | null>(null);
  const close = () => setAsked(null);
  const revoking = useChange(
    async () => {
      const body =
        asked === "one" && tokenId !== null
          ? { jti: tokenId }
          : { user: user.user, issued_before: new Date().toISOString() };
      return answered(await api.POST("/v1/revocations", { body }));
    },
    ({ closed }) => t("revoke.done", { count: closed }),
    close,
  );
  const count = user.connections.length;
  return (
    <>
      {tokenId !== null && (
        <div className={classes.item}>
          <span className={classes.soft}>{t("revoke.oneAbout")}</span>
          <Button size="xs" variant="default" onClick={() => setAsked("one")}>
            {t("revoke.one")}
          </Button>
        </div>
      )}
      <div className={classes.item}>
        <span className={classes.soft}>
          {user.tokens_revoked_before === null ? (
            t("revoke.allAbout")
          ) : (
            <>
              {t("revoke.before")} <Moment at={user.tokens_revoked_before} />
            </>
          )}
        </span>
        <Button size="xs" variant="default" onClick={() => setAsked("all")}>
          {t("revoke.all")}
        </Button>
      </div>
      <Confirm
        opened={asked !== null}
        onClose={close}
        title={t(asked === "one" ? "revoke.oneTitle" : "revoke.allTitle", { user: user.user })}
        action={asked === "one" ? t("revoke.oneAction") : t("revoke.allAction", { user: user.user, count })}
        onConfirm={() => revoking.mutate()}
        pending={revoking.isPending}
        error={revoking.error}
      >
        <Text>{t(asked === "one" ? "revoke.oneDetail" : "revoke.allDetail")}</Text>
      </Confirm>
    </>
  );
}
