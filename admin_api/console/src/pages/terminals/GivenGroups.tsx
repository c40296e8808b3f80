import { ActionIcon, Autocomplete, Button, Group, Text } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useApi } from "../../api/context.js";
import { useSession } from "../../session/session.js";
import { ProblemAlert } from "../../shell/states.js";
import { useVocabulary } from "../../target/vocabulary.js";
import { useChange } from "./change.js";
import classes from "./TerminalDrawer.module.css";

interface GivenGroupsProps {
  readonly user: string;
  /** Those of the terminal: of its token, and given. */
  readonly groups: readonly string[];
  /** Given to its user at run time; undefined while that is not known. */
  readonly given: readonly string[] | undefined;
}

/** The groups of a terminal; those that were given at run time can be taken away, and others given. */
export function GivenGroups({ user, groups, given = [] }: GivenGroupsProps) {
  const { t } = useTranslation("terminals");
  const { may } = useSession();
  const all = [...new Set([...groups, ...given])];
  return (
    <section className={classes.section}>
      <h2 className={classes.heading}>{t("groups.title")}</h2>
      {all.length === 0 && <Text className={classes.soft}>{t("groups.none")}</Text>}
      <ul className={classes.tags}>
        {all.map(group => (
          <li key={group} className={classes.tag}>
            {group}
            {given.includes(group) && (
              <>
                <span className={classes.soft}>{t("groups.given")}</span>
                {may("terminals:manage") && <Take user={user} group={group} />}
              </>
            )}
          </li>
        ))}
      </ul>
      {may("terminals:manage") && <Give user={user} groups={all} />}
    </section>
  );
}

function Take({ user, group }: { user: string; group: string }) {
  const api = useApi();
  const { t } = useTranslation("terminals");
  const taking = useChange(
    () => api.DELETE("/v1/groups/{group}/users/{user}", { params: { path: { group, user } } }),
    () => t("groups.taken", { user, group }),
  );
  return (
    <ActionIcon
      size={16}
      variant="subtle"
      color="gray"
      aria-label={t("groups.take", { user, group })}
      loading={taking.isPending}
      onClick={() => taking.mutate()}
    >
      <IconX size={12} aria-hidden />
    </ActionIcon>
  );
}

function Give({ user, groups }: { user: string; groups: readonly string[] }) {
  const api = useApi();
  const { t } = useTranslation("terminals");
  const { names } = useVocabulary();
  const [group, setGroup] = useState("");
  const giving = useChange(
    () => api.PUT("/v1/groups/{group}/users/{user}", { params: { path: { group: group.trim(), user } } }),
    () => t("groups.gave", { user, group: group.trim() }),
    () => setGroup(""),
  );
  return (
    <form
      onSubmit={event => {
        event.preventDefault();
        giving.mutate();
      }}
    >
      <Group gap="xs" wrap="nowrap">
        <Autocomplete
          size="xs"
          style={{ flex: 1 }}
          aria-label={t("groups.label", { user })}
          placeholder={t("groups.placeholder")}
          value={group}
          onChange={setGroup}
          data={names.group.map(each => each.value).filter(name => !groups.includes(name))}
          limit={20}
        />
        <Button type="submit" size="xs" variant="default" disabled={group.trim() === ""} loading={giving.isPending}>
          {t("groups.give")}
        </Button>
      </Group>
      {giving.error !== null && <ProblemAlert error={giving.error} />}
    </form>
  );
}
