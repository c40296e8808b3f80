import { Button, Modal, Stack, Text, Textarea } from "@mantine/core";
import { IconCopy } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useApi } from "../../api/context.js";
import type { PushDetail } from "../../api/schema.js";
import { useSession } from "../../session/session.js";
import { ProblemAlert } from "../../shell/states.js";
import { type Action, permitted, SCOPES } from "./permitted.js";
import { useDuplicate } from "./useDuplicate.js";

/** Most characters of a reason. */
const LONGEST_REASON = 500;

/** What can be done about a push, by its state and the token's scopes. Each asks for a reason and says its size. */
export function Actions({ push, expected }: { push: PushDetail; expected: number }) {
  const { t } = useTranslation("pushes");
  const { may, caller } = useSession();
  const [asked, setAsked] = useState<Action | null>(null);
  const duplicate = useDuplicate(push);
  const own = push.sender === caller.user;
  const actions = permitted(push, expected)
    .filter(action => may(SCOPES[action]))
    .filter(action => !own || (action !== "approve" && action !== "reject"));
  return (
    <>
      {actions.map(action => (
        <Button
          key={action}
          size="xs"
          variant={action === "approve" ? "filled" : "default"}
          {...(action === "cancel" && { c: "var(--state-failed-ink)" })}
          onClick={() => setAsked(action)}
        >
          {t(action === "cancel" && push.counts.sent > 0 ? "action.recall" : `action.${action}`)}
        </Button>
      ))}
      {may("push:send") && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconCopy size={14} aria-hidden />}
          loading={duplicate.isPending}
          onClick={() => duplicate.mutate()}
        >
          {t("action.duplicate")}
        </Button>
      )}
      {asked !== null && <Confirm push={push} expected={expected} action={asked} close={() => setAsked(null)} />}
    </>
  );
}

interface ConfirmProps {
  readonly push: PushDetail;
  readonly expected: number;
  readonly action: Action;
  readonly close: () => void;
}

function Confirm({ push, expected, action, close }: ConfirmProps) {
  const { t } = useTranslation(["pushes", "shell"]);
  const [reason, setReason] = useState("");
  const acting = useAct(push.id, action, close);
  const left = Math.max(0, expected - push.counts.targeted);
  const counted = action === "cancel" ? push.counts.sent : left;
  return (
    <Modal
      opened
      onClose={close}
      title={t(`action.${action}`)}
      closeButtonProps={{ "aria-label": t("shell:actions.close") }}
    >
      <Stack gap="md">
        <Text>{sizeOf()}</Text>
        <Textarea
          label={t("action.reason")}
          description={t("action.reasonHint")}
          value={reason}
          onChange={event => setReason(event.currentTarget.value)}
          maxLength={LONGEST_REASON}
          autosize
          minRows={2}
          data-autofocus
        />
        {acting.error !== null && <ProblemAlert error={acting.error} />}
        <Button
          {...((action === "cancel" || action === "reject") && { color: "danger" })}
          loading={acting.isPending}
          onClick={() => acting.mutate(reason)}
        >
          {labelOf()}
        </Button>
      </Stack>
    </Modal>
  );

  function sizeOf(): string {
    if (action === "cancel") return t(counted > 0 ? "action.cancelSize" : "action.cancelNobody", { count: counted });
    return t(`action.${action}Size`, { count: counted });
  }

  function labelOf(): string {
    if (action === "cancel") return t(counted > 0 ? "action.cancelDo" : "action.cancel", { count: counted });
    return t(`action.${action}Do`, { count: counted });
  }
}

function useAct(pushId: string, action: Action, done: () => void) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (reason: string) => {
      const given = reason.trim();
      return api.POST(`/v1/pushes/{push_id}/${action}`, {
        params: { path: { push_id: pushId } },
        body: given === "" ? {} : { reason: given },
      });
    },
    onSuccess: async () => {
      done();
      await Promise.all([
        queries.invalidateQueries({ queryKey: ["push", pushId] }),
        queries.invalidateQueries({ queryKey: ["pushes"] }),
      ]);
    },
  });
}
