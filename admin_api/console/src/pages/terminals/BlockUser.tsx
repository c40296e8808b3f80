import { Button, Group, Select, TagsInput, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import type { User } from "../../api/schema.js";
import { instant } from "../../format/local_time.js";
import { Moment } from "../../shell/Moment.js";
import { Confirm } from "./Confirm.js";
import { useChange } from "./change.js";
import classes from "./TerminalDrawer.module.css";

const HOURS = { hour: 1, day: 24, week: 168 } as const;
const UNTIL = ["deleted", ...(Object.keys(HOURS) as (keyof typeof HOURS)[]), "moment"] as const;
type Until = (typeof UNTIL)[number];

/** Whether a user is kept out; blocks them with a reason, or lets them in again. */
export function BlockUser({ user }: { user: User }) {
  const api = useApi();
  const { t } = useTranslation("terminals");
  const path = { user: user.user };
  const unblocking = useChange(
    () => api.DELETE("/v1/users/{user}/block", { params: { path } }),
    () => t("block.undone", { user: user.user }),
  );
  if (user.block === null) return <Blocking user={user} />;
  const { reason, until, cidr, by, at } = user.block;
  return (
    <div className={classes.list}>
      <dl className={classes.facts}>
        <dt>{t("block.reason")}</dt>
        <dd>{reason}</dd>
        <dt>{t("block.until")}</dt>
        <dd>{until === null ? t("block.deleted") : <Moment at={until} />}</dd>
        {cidr.length > 0 && (
          <>
            <dt>{t("block.networks")}</dt>
            <dd>{cidr.join(", ")}</dd>
          </>
        )}
        <dt>{t("block.by")}</dt>
        <dd>
          {by}, <Moment at={at} />
        </dd>
      </dl>
      <Group mt="xs">
        <Button size="xs" variant="default" loading={unblocking.isPending} onClick={() => unblocking.mutate()}>
          {t("block.undo", { user: user.user })}
        </Button>
      </Group>
    </div>
  );
}

function Blocking({ user }: { user: User }) {
  const api = useApi();
  const { t } = useTranslation("terminals");
  const [asking, { open, close }] = useDisclosure(false);
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState<Until>("deleted");
  const [moment, setMoment] = useState("");
  const [networks, setNetworks] = useState<string[]>([]);
  const blocking = useChange(
    async () =>
      answered(
        await api.PUT("/v1/users/{user}/block", {
          params: { path: { user: user.user } },
          body: { reason, until: endOf(until, moment, new Date()), cidr: networks.length === 0 ? null : networks },
        }),
      ),
    ({ closed }) => t("block.done", { user: user.user, count: closed }),
    close,
  );
  const count = user.connections.length;
  const size = networks.length === 0 ? "block.action" : "block.actionFrom";
  return (
    <div className={classes.item}>
      <span className={classes.soft}>{t("block.about")}</span>
      <Button size="xs" variant="default" onClick={open}>
        {t("block.open")}
      </Button>
      <Confirm
        opened={asking}
        onClose={close}
        title={t("block.title", { user: user.user })}
        action={t(size, { user: user.user, count })}
        onConfirm={() => blocking.mutate()}
        pending={blocking.isPending}
        disabled={reason.trim() === "" || (until === "moment" && instant(moment) === null)}
        error={blocking.error}
      >
        <Text>{t("block.detail")}</Text>
        <TextInput
          label={t("block.reason")}
          description={t("block.reasonHint")}
          maxLength={500}
          required
          value={reason}
          onChange={event => setReason(event.currentTarget.value)}
          data-autofocus
        />
        <Select
          label={t("block.until")}
          data={UNTIL.map(value => ({ value, label: t(`block.${value}`) }))}
          value={until}
          allowDeselect={false}
          onChange={value => setUntil(value as Until)}
        />
        {until === "moment" && (
          <TextInput
            type="datetime-local"
            label={t("block.momentLabel")}
            value={moment}
            onChange={event => setMoment(event.currentTarget.value)}
          />
        )}
        <TagsInput
          label={t("block.networks")}
          description={t("block.networksHint")}
          placeholder={networks.length === 0 ? "192.0.2.0/24" : ""}
          value={networks}
          onChange={setNetworks}
          acceptValueOnBlur
        />
      </Confirm>
    </div>
  );
}

/** When a block ends; null: when it is deleted. */
function endOf(until: Until, moment: string, now: Date): string | null {
  if (until === "deleted") return null;
  if (until === "moment") return instant(moment);
  return new Date(now.getTime() + HOURS[until] * 3_600_000).toISOString();
}
