import { Button, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { Moment } from "../../shell/Moment.js";
import { ProblemAlert } from "../../shell/states.js";

/** Asks the gateway whether a connection is open, and says what it said. */
export function Verify({ connectionId }: { connectionId: string }) {
  const api = useApi();
  const { t } = useTranslation("terminals");
  const queries = useQueryClient();
  const asking = useMutation({
    mutationFn: async () =>
      answered(
        await api.POST("/v1/terminals/{connection_id}/verify", { params: { path: { connection_id: connectionId } } }),
      ),
    onSuccess: ({ presence }) => {
      // What is gone stays in view, with what was said of it.
      if (presence === "verified") void queries.invalidateQueries({ queryKey: ["terminal", connectionId] });
    },
  });
  return (
    <>
      <Button size="xs" variant="default" loading={asking.isPending} onClick={() => asking.mutate()}>
        {t("verify.ask")}
      </Button>
      {asking.data !== undefined && (
        <Text role="status" c="dimmed">
          {t(`verify.${asking.data.presence}`)}{" "}
          {asking.data.last_active_at !== null && <Moment at={asking.data.last_active_at} relative />}
        </Text>
      )}
      {asking.error !== null && <ProblemAlert error={asking.error} />}
    </>
  );
}
