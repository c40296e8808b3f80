import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Step } from "../nodes.js";
import { AckForm, ResendForm } from "./AckForms.js";
import { DeliverForm, DoneForm, RetainForm } from "./DeliverForms.js";
import { EscalateForm } from "./EscalateForm.js";
import { PaceForm } from "./PaceForm.js";
import { WaveForm } from "./WaveForm.js";
import { WindowForm } from "./WindowForm.js";

/** The form of a step. A pause is changed with its wave. */
export function StepForm({ step }: { step: Step }) {
  const { t } = useTranslation("graph");
  switch (step.kind) {
    case "audience":
    case "approval":
      return (
        <Text size="xs" c="dimmed">
          {t(`form.${step.kind}`)}
        </Text>
      );
    case "window":
      return <WindowForm />;
    case "pace":
      return <PaceForm />;
    case "wave":
    case "pause":
      return <WaveForm number={step.wave ?? 1} />;
    case "deliver":
      return <DeliverForm />;
    case "ack":
      return <AckForm />;
    case "resend":
      return <ResendForm />;
    case "escalate":
      return <EscalateForm />;
    case "done":
      return <DoneForm />;
    case "retain":
    case "replay":
      return <RetainForm />;
  }
}
