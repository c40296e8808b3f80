import { Box, Button, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useNow } from "../format/now.js";
import { useSession } from "../session/session.js";
import { Notice } from "./Notice.js";

const SOON_MS = 5 * 60_000;

/** Says that the token ends soon, in time to finish what one is at. */
export function ExpiryNotice() {
  const { t } = useTranslation("shell");
  const { caller, signOut } = useSession();
  const leftMs = new Date(caller.expires_at).getTime() - useNow(10_000).getTime();
  if (leftMs > SOON_MS) return null;
  return (
    <Box m="sm">
      <Notice role="status">
        <Group justify="space-between">
          {t("expiry.soon", { count: Math.max(0, Math.ceil(leftMs / 60_000)) })}
          <Button size="xs" variant="default" onClick={signOut}>
            {t("expiry.again")}
          </Button>
        </Group>
      </Notice>
    </Box>
  );
}
