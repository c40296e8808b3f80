import { Button, Group, Modal, NumberInput, Stack, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { problemOf } from "../../api/problem.js";
import type { Sender } from "../../api/schema.js";
import { ProblemAlert } from "../../shell/states.js";
import { print } from "../../target/print.js";

type Limit = number | "";

/** What one caller is held to; null is a new one. An empty field is no limit. */
export function SenderForm({ sender, close }: { sender: Sender | null; close(): void }) {
  const { t } = useTranslation("settings");
  const api = useApi();
  const queries = useQueryClient();
  const [sub, setSub] = useState(sender?.sub ?? "");
  const [targets, setTargets] = useState(sender?.targets ? print(sender.targets) : "");
  const [perMinute, setPerMinute] = useState<Limit>(sender?.per_minute ?? "");
  const [maxTerminals, setMaxTerminals] = useState<Limit>(sender?.max_terminals ?? "");
  const [approveOver, setApproveOver] = useState<Limit>(sender?.approve_over ?? "");
  const save = useMutation({
    mutationFn: async () => {
      const body = {
        targets: targets.trim() === "" ? null : targets.trim(),
        per_minute: orNone(perMinute),
        max_terminals: orNone(maxTerminals),
        approve_over: orNone(approveOver),
      };
      return answered(await api.PUT("/v1/senders/{sub}", { params: { path: { sub: sub.trim() } }, body }));
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["senders"] });
      close();
    },
  });
  const problem = save.isError ? problemOf(save.error) : null;
  const numbers = [
    ["perMinute", perMinute, setPerMinute, 1],
    ["maxTerminals", maxTerminals, setMaxTerminals, 0],
    ["approveOver", approveOver, setApproveOver, 0],
  ] as const;
  return (
    <Modal
      opened
      onClose={close}
      title={sender === null ? t("addSender") : t("changeOf", { sender: sender.sub })}
      closeButtonProps={{ "aria-label": t("actions.close", { ns: "shell" }) }}
    >
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack>
          {problem !== null && <ProblemAlert error={problem} />}
          <TextInput
            label={t("sender")}
            description={t("senderHint")}
            value={sub}
            disabled={sender !== null}
            required
            onChange={event => setSub(event.currentTarget.value)}
          />
          <Textarea
            label={t("targets")}
            description={t("targetsHint")}
            placeholder="group:ops"
            rows={2}
            value={targets}
            error={problem?.faults.get("/targets")}
            onChange={event => setTargets(event.currentTarget.value)}
          />
          {numbers.map(([name, value, set, min]) => (
            <NumberInput
              key={name}
              label={t(name)}
              description={t(`${name}Hint`)}
              placeholder={t("noLimit")}
              min={min}
              allowDecimal={false}
              value={value}
              onChange={next => set(typeof next === "number" ? next : "")}
            />
          ))}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t("actions.cancel", { ns: "shell" })}
            </Button>
            <Button type="submit" loading={save.isPending} disabled={sub.trim() === ""}>
              {t("actions.save", { ns: "shell" })}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

const orNone = (limit: Limit) => (limit === "" ? null : limit);
