import { Button, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { IconLink } from "@tabler/icons-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { LEVELS, type Level, safeUrl } from "../../message/convention.js";
import { MessageCard } from "../../message/MessageCard.js";
import classes from "./Compose.module.css";
import { asForm, asJson, type MessageDraft, written } from "./message_draft.js";

interface MessageFieldsProps {
  readonly value: MessageDraft;
  readonly onChange: (value: MessageDraft) => void;
  /** What the service said of it. */
  readonly fault: string | null;
  /** What a terminal is asked to acknowledge: it decides how the message is shown. */
  readonly ack: "received" | "read" | null;
}

/** Whether it is written in a form or as JSON; what was written goes along where the form can say it. */
export function MessageForm({ value, onChange }: Pick<MessageFieldsProps, "value" | "onChange">) {
  const { t } = useTranslation("compose");
  const form = value.as === "json" ? asForm(value) : value;
  return (
    <SegmentedControl
      size="xs"
      aria-label={t("message.as")}
      value={value.as}
      onChange={as => {
        const next = as === "json" ? asJson(value) : form;
        if (next !== null) onChange(next);
      }}
      data={[
        { value: "form", label: t("message.form"), disabled: form === null },
        { value: "json", label: t("message.json") },
      ]}
    />
  );
}

/** What is sent, and how a terminal will show it. */
export function MessageFields({ value, onChange, fault, ack }: MessageFieldsProps) {
  const { t } = useTranslation("compose");
  const set = (members: Partial<MessageDraft>) => onChange({ ...value, ...members });
  const it = written(value);
  return (
    <>
      {value.as === "form" ? (
        <Form value={value} set={set} fault={fault} />
      ) : (
        <Json value={value} set={set} fault={fault} />
      )}
      {value.as === "json" && it.is === "message" && asForm(value) === null && (
        <p className={classes.hint}>{t("message.onlyJson")}</p>
      )}
      <figure className={classes.figure}>
        <figcaption className={classes.hint}>{t(ack === "read" ? "message.asDialog" : "message.asToast")}</figcaption>
        <div className={classes.screen}>
          {it.is === "message" ? (
            <MessageCard message={it.message} ack={ack} />
          ) : (
            <span className={classes.hint}>{t("message.nothing")}</span>
          )}
        </div>
      </figure>
    </>
  );
}

interface FieldsProps {
  readonly value: MessageDraft;
  readonly set: (members: Partial<MessageDraft>) => void;
  readonly fault: string | null;
}

function Form({ value, set, fault }: FieldsProps) {
  const { t } = useTranslation(["compose", "message"]);
  const level = useId();
  const [linked, setLinked] = useState(false);
  const badUrl = value.url.trim() !== "" && safeUrl(value.url.trim()) === null;
  return (
    <>
      <TextInput
        label={t("message.title")}
        value={value.title}
        onChange={event => set({ title: event.currentTarget.value })}
        error={fault}
        data-autofocus
      />
      <Textarea
        label={t("message.body")}
        autosize
        minRows={2}
        maxRows={10}
        value={value.body}
        onChange={event => set({ body: event.currentTarget.value })}
      />
      <div className={classes.inline}>
        <span id={level} className={classes.label}>
          {t("message.level")}
        </span>
        <SegmentedControl
          size="xs"
          aria-labelledby={level}
          value={value.level}
          onChange={chosen => set({ level: chosen as Level })}
          data={LEVELS.map(each => ({ value: each, label: t(`level.${each}`, { ns: "message" }) }))}
        />
      </div>
      {linked || value.url !== "" ? (
        <div className={classes.pair}>
          <TextInput
            label={t("message.url")}
            type="url"
            placeholder="https://"
            autoFocus={linked}
            value={value.url}
            onChange={event => set({ url: event.currentTarget.value })}
            error={badUrl && t("message.badUrl")}
          />
          <TextInput
            label={t("message.urlLabel")}
            value={value.urlLabel}
            onChange={event => set({ urlLabel: event.currentTarget.value })}
          />
        </div>
      ) : (
        <Button
          size="compact-xs"
          variant="subtle"
          className={classes.start ?? ""}
          leftSection={<IconLink size={14} aria-hidden />}
          onClick={() => setLinked(true)}
        >
          {t("message.addLink")}
        </Button>
      )}
    </>
  );
}

function Json({ value, set, fault }: FieldsProps) {
  const { t } = useTranslation("compose");
  const it = written(value);
  return (
    <Textarea
      label={t("message.jsonLabel")}
      description={t("message.jsonHint")}
      autosize
      minRows={6}
      maxRows={16}
      spellCheck={false}
      classNames={{ input: classes.mono ?? "" }}
      value={value.json}
      onChange={event => set({ json: event.currentTarget.value })}
      error={it.is === "unreadable" ? t("message.unreadable", { detail: it.detail }) : fault}
    />
  );
}
