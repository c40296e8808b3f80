import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { LIVE } from "../../api/live.js";
import { durationInWords } from "../../format/durations.js";
import { useNow } from "../../format/now.js";
import { useSession } from "../../session/session.js";

/** Whether the service can work, and since when it runs. */
export function Health() {
  const { t } = useTranslation("settings");
  const api = useApi();
  const { may } = useSession();
  const now = useNow();
  const health = useQuery({
    queryKey: ["health"],
    queryFn: async () => answered(await api.GET("/healthz")),
    ...LIVE,
    retry: false,
  });
  const stats = useQuery({
    queryKey: ["stats"],
    queryFn: async () => answered(await api.GET("/v1/stats")),
    enabled: may("terminals:read"),
    ...LIVE,
  });
  if (health.isPending) return <>…</>;
  if (health.isError) return <strong role="alert">{t("unwell", { why: health.error.message })}</strong>;
  if (stats.data === undefined) return <>{t("well")}</>;
  const upS = (now.getTime() - new Date(stats.data.started_at).getTime()) / 1_000;
  return <>{t("wellSince", { duration: durationInWords(upS) })}</>;
}
