import { Button, Modal } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Preview, Push } from "../../api/schema.js";
import { useSession } from "../../session/session.js";
import { Moment } from "../../shell/Moment.js";
import { Notice } from "../../shell/Notice.js";
import { ProblemAlert } from "../../shell/states.js";
import { AudienceChanged } from "./AudienceChanged.js";
import { needsApproval, reachInWords, sendInWords } from "./blast.js";
import classes from "./Compose.module.css";
import type { Draft, PushBody } from "./draft.js";
import { audienceChange } from "./intent.js";
import { NumberToType } from "./NumberToType.js";
import { isTyped, numberToType, outcomeOf } from "./outcome.js";
import type { Previewed } from "./usePreview.js";
import type { Sending } from "./useSending.js";

interface SendDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly draft: Draft;
  readonly body: PushBody;
  readonly previewed: Previewed;
  readonly sending: Sending;
  readonly onSent: (push: Push) => void;
}

/** The last look before a push is sent: how far it goes, and what became of trying to send it. */
export function SendDialog({ opened, onClose, draft, body, previewed, sending, onSent }: SendDialogProps) {
  const { t } = useTranslation(["compose", "shell"]);
  const { config } = useSession();
  const { preview, again } = previewed;
  const { standing, reset } = sending;
  const change = standing.is === "refused" ? audienceChange(standing.problem) : null;
  const isGone = standing.is === "refused" && standing.problem.code === "plan_not_found";
  // A plan that is not kept any more cannot be sent, however often one tries: another one is made, and looked at.
  useEffect(() => {
    if (isGone) again();
  }, [isGone, again]);

  const send = async (ifChanged: "reject" | "send") => {
    if (preview === null) return;
    const push = await sending.send(body, preview.plan.id, ifChanged);
    if (push !== null) onSent(push);
  };
  const lookAgain = () => {
    reset();
    again();
  };
  const busy = standing.is === "sending";
  return (
    <Modal
      opened={opened}
      onClose={() => {
        if (busy) return;
        reset();
        onClose();
      }}
      size={560}
      classNames={{ title: classes.heading ?? "" }}
      title={t(change === null ? "confirm.title" : "changed.heading")}
      closeButtonProps={{ "aria-label": t("actions.close", { ns: "shell" }) }}
    >
      {preview !== null &&
        (change !== null ? (
          <AudienceChanged
            change={change}
            confirmAbove={config.confirm_above}
            sending={busy}
            onLookAgain={lookAgain}
            onSend={() => void send("send")}
          />
        ) : (
          <Confirmation
            key={preview.plan.id}
            draft={draft}
            preview={preview}
            fresh={previewed.fresh}
            sending={sending}
            onCancel={() => {
              reset();
              onClose();
            }}
            onSend={() => void send("reject")}
          />
        ))}
    </Modal>
  );
}

interface ConfirmationProps {
  readonly draft: Draft;
  readonly preview: Preview;
  readonly fresh: boolean;
  readonly sending: Sending;
  readonly onCancel: () => void;
  readonly onSend: () => void;
}

function Confirmation({ draft, preview, fresh, sending, onCancel, onSend }: ConfirmationProps) {
  const { t } = useTranslation(["compose", "shell"]);
  const { config } = useSession();
  const [typed, setTyped] = useState("");
  const { standing } = sending;
  const { terminals, away } = preview.audience;
  const wanted = numberToType(terminals, config.confirm_above);
  const approval = needsApproval(preview);
  const outcome = outcomeOf(preview);
  return (
    <form
      className={classes.dialog}
      onSubmit={event => {
        event.preventDefault();
        onSend();
      }}
    >
      <p className={classes.blast}>{reachInWords(preview.audience, t)}</p>
      <dl className={classes.facts}>
        <dt>{t("confirm.message")}</dt>
        <dd className={classes.clipped}>{titleOf(draft) ?? t("confirm.json")}</dd>
        <dt>{t("confirm.target")}</dt>
        <dd>
          <code>{draft.target.trim()}</code>
        </dd>
        <dt>{t("confirm.strategy")}</dt>
        <dd>{draft.strategy.name}</dd>
        <dt>{t("confirm.from")}</dt>
        <dd>
          <Moment at={preview.next_runs[0] ?? preview.timeline.from} />
        </dd>
        {outcome.reachedAt !== null && (
          <>
            <dt>{t("figure.reached")}</dt>
            <dd>
              <Moment at={outcome.reachedAt} />
            </dd>
          </>
        )}
      </dl>
      {approval && <Notice>{t("confirm.approval")}</Notice>}
      {standing.is === "unanswered" && (
        <Notice role="alert" title={t("unanswered.title")}>
          <p>{t("unanswered.detail")}</p>
        </Notice>
      )}
      {standing.is === "refused" &&
        (standing.problem.code === "plan_not_found" ? (
          <Notice role="alert" title={t("expired.title")}>
            <p>{t("expired.detail")}</p>
          </Notice>
        ) : (
          <ProblemAlert error={standing.problem} />
        ))}
      {wanted !== null && <NumberToType wanted={wanted} value={typed} onChange={setTyped} />}
      <div className={classes.buttons}>
        <Button type="button" variant="default" onClick={onCancel} disabled={standing.is === "sending"}>
          {t("actions.back", { ns: "shell" })}
        </Button>
        <Button
          type="submit"
          loading={standing.is === "sending"}
          disabled={!fresh || (wanted !== null && !isTyped(typed, wanted))}
          data-autofocus={wanted === null}
        >
          {standing.is === "unanswered"
            ? t("unanswered.again")
            : sendInWords(terminals, away, draft.when.is, approval, t)}
        </Button>
      </div>
    </form>
  );
}

/** The words of the message that one knows it by; null where it has none. */
function titleOf({ message }: Draft): string | null {
  if (message.as === "json") return null;
  return message.title.trim() || message.body.trim();
}
