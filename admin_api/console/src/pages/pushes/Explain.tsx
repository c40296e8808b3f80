import { Anchor, Code, Text } from "@mantine/core";
import { IconCheck, IconClock, IconMinus, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { LIVE } from "../../api/live.js";
import type { Explanation, Step } from "../../api/schema.js";
import { Loading, ProblemAlert } from "../../shell/states.js";
import classes from "./Explain.module.css";
import { ShortId } from "./ShortId.js";
import { stepInWords, type Tone, toneOf, toneOfAnswer } from "./trace.js";

type ExplainProps = { readonly pushId: string } & (
  | { readonly terminalId: string; readonly user?: never }
  | { readonly user: string; readonly terminalId?: never }
);

/**
 * Why a terminal got a push or did not, as steps. Of a user it is the terminal that connected last; their others are a
 * click away. Asks the service, with the scope `push:read`.
 */
export function Explain({ pushId, terminalId, user }: ExplainProps) {
  const api = useApi();
  const [other, setOther] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever asks for another terminal wants to see that one
  useEffect(() => setOther(null), [pushId, terminalId, user]);
  const terminal = other ?? terminalId;
  const about = terminal === undefined ? { user: user ?? "" } : { terminal };
  const asked = useQuery({
    queryKey: ["explain", pushId, about],
    queryFn: async () =>
      answered(await api.GET("/v1/pushes/{push_id}/explain", { params: { path: { push_id: pushId }, query: about } })),
    ...LIVE,
  });
  if (asked.data !== undefined) return <Trace explanation={asked.data} onTerminal={setOther} />;
  if (asked.error !== null) return <ProblemAlert error={asked.error} retry={() => void asked.refetch()} />;
  return <Loading />;
}

function Trace({ explanation, onTerminal }: { explanation: Explanation; onTerminal: (terminal: string) => void }) {
  const { t } = useTranslation("pushes");
  const { answer, terminal_id, user, steps, others } = explanation;
  return (
    <div className={classes.trace}>
      <div>
        {terminal_id !== null && <ShortId id={terminal_id} what={terminal_id} length={48} />}
        <Text size="sm" c="dimmed">
          {user === ""
            ? t("explain.stranger")
            : t(terminal_id === null ? "explain.noTerminal" : "explain.ofUser", { user })}
        </Text>
      </div>
      <p className={classes.answer} data-tone={toneOfAnswer(answer)}>
        <Mark tone={toneOfAnswer(answer)} />
        {t(`explain.answer.${answer}`)}
      </p>
      <ol className={classes.steps}>
        {steps.map((step, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps have an order and no name of their own
          <StepShown key={`${step.step} ${place}`} step={step} />
        ))}
      </ol>
      {others.length > 0 && (
        <section className={classes.others} aria-label={t("explain.others", { user })}>
          <Text size="sm" c="dimmed">
            {t("explain.others", { user })}
          </Text>
          <ul>
            {others.map(other => (
              <li key={other}>
                <Anchor component="button" type="button" size="sm" onClick={() => onTerminal(other)}>
                  {other}
                </Anchor>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function StepShown({ step }: { step: Step }) {
  const { t } = useTranslation("pushes");
  const tone = toneOf(step.outcome);
  return (
    <li className={classes.step} data-tone={tone}>
      <Mark tone={tone} />
      <div className={classes.said}>
        <Text size="sm" fw={600}>
          {t(`explain.step.${step.step}`)}
          <span className="visually-hidden">: {t(`explain.tone.${tone}`)}</span>
        </Text>
        <Text size="sm">{stepInWords(step, t)}</Text>
        {Object.keys(step.data).length > 0 && (
          <details className={classes.facts}>
            <summary>{t("explain.facts")}</summary>
            <Code block>{JSON.stringify(step.data, null, 2)}</Code>
          </details>
        )}
      </div>
    </li>
  );
}

const MARKS = { good: IconCheck, waits: IconClock, bad: IconX, plain: IconMinus } as const;

function Mark({ tone }: { tone: Tone }) {
  const Icon = MARKS[tone];
  return (
    <span className={classes.mark} data-tone={tone} aria-hidden>
      <Icon size={12} stroke={2.6} />
    </span>
  );
}
