import { Anchor, Button, Modal } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { useSession } from "../../session/session.js";
import { Empty, Loading, ProblemAlert } from "../../shell/states.js";
import classes from "./Compose.module.css";
import type { PushBody } from "./draft.js";
import { intentOf } from "./intent.js";

interface TestDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly body: PushBody;
}

/** Sends it to the caller's own terminals first, and says before which those are. */
export function TestDialog({ opened, onClose, body }: TestDialogProps) {
  const { t } = useTranslation(["compose", "shell"]);
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size={480}
      classNames={{ title: classes.heading ?? "" }}
      title={t("test.title")}
      closeButtonProps={{ "aria-label": t("actions.close", { ns: "shell" }) }}
    >
      {opened && <Own body={{ ...body, test: true }} onClose={onClose} />}
    </Modal>
  );
}

function Own({ body, onClose }: { body: PushBody; onClose: () => void }) {
  const { t } = useTranslation(["compose", "shell"]);
  const api = useApi();
  const { caller } = useSession();
  // One key while the dialog is open: a click that got no answer is not a second push.
  const [{ key }] = useState(() => intentOf(JSON.stringify(body), null));
  const preview = useQuery({
    queryKey: ["preview", "test", body],
    queryFn: async ({ signal }) => answered(await api.POST("/v1/pushes/preview", { body, signal })),
    // Who opens the terminal page meanwhile should be seen here.
    refetchInterval: query => (query.state.data?.audience.terminals === 0 ? 3_000 : false),
    gcTime: 0,
  });
  const send = useMutation({
    mutationFn: async () =>
      answered(await api.POST("/v1/pushes", { params: { header: { "idempotency-key": key } }, body })),
    onSuccess: () => {
      notifications.show({ title: t("test.sent"), message: t("test.sentDetail") });
      onClose();
    },
  });
  if (preview.error !== null) return <ProblemAlert error={preview.error} retry={() => void preview.refetch()} />;
  if (preview.data === undefined) return <Loading />;
  const { audience, sample } = preview.data;
  if (audience.terminals === 0) {
    return (
      <Empty title={t("test.none", { user: caller.user })}>
        {t("test.noneDetail")}{" "}
        <Anchor underline="always" href="../terminal" target="_blank">
          {t("test.open")}
        </Anchor>
      </Empty>
    );
  }
  return (
    <div className={classes.dialog}>
      <p className={classes.blast}>{t("test.reaches", { count: audience.terminals, user: caller.user })}</p>
      <ul className={classes.names}>
        {sample.map(terminal => (
          <li key={terminal.connection_id}>{terminal.terminal_id}</li>
        ))}
      </ul>
      <p className={classes.hint}>{t("test.detail")}</p>
      {send.error !== null && <ProblemAlert error={send.error} />}
      <div className={classes.buttons}>
        <Button variant="default" onClick={onClose}>
          {t("actions.back", { ns: "shell" })}
        </Button>
        <Button loading={send.isPending} onClick={() => send.mutate()} data-autofocus>
          {t("test.send", { count: audience.terminals })}
        </Button>
      </div>
    </div>
  );
}
