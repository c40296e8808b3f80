import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconCopy, IconSend, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import type { KeptStrategy } from "../../api/schema.js";
import { StrategyEditor } from "../../graph/StrategyEditor.js";
import { useSession } from "../../session/session.js";
import { Moment } from "../../shell/Moment.js";
import { Needs } from "../../shell/Needs.js";
import { Notice } from "../../shell/Notice.js";
import { Page } from "../../shell/Page.js";
import { Loading, ProblemAlert } from "../../shell/states.js";
import { DeleteDialog } from "./DeleteDialog.js";
import { EditStrategy } from "./EditStrategy.js";
import { useStrategy } from "./queries.js";
import classes from "./Strategies.module.css";
import { Versions } from "./Versions.js";

/** One strategy: what it does, changed in place, and every version that it had. */
export function Component() {
  const { name = "" } = useParams();
  return (
    <Needs scope="push:read">
      <StrategyPage key={name} name={name} />
    </Needs>
  );
}

function StrategyPage({ name }: { name: string }) {
  const { data: kept, error, isPending, refetch } = useStrategy(name);
  return (
    <Page
      title={name}
      beside={kept !== undefined && <Standing {...kept} />}
      actions={kept !== undefined && <Actions {...kept} />}
    >
      {isPending && <Loading />}
      {error !== null && <ProblemAlert error={error} retry={() => void refetch()} />}
      {kept !== undefined && <Content kept={kept} />}
    </Page>
  );
}

function Standing({ version, by, at }: KeptStrategy) {
  const { t } = useTranslation("strategies");
  if (version === null) return <span className={classes.tag}>{t("tag.builtIn")}</span>;
  return (
    <>
      <span className={classes.tag}>{t("tag.version", { version })}</span>
      <span className={classes.words}>
        {t("by", { user: by ?? "" })} {at !== null && <Moment at={at} relative />}
      </span>
    </>
  );
}

function Actions({ name, version }: KeptStrategy) {
  const { t } = useTranslation("strategies");
  const { may } = useSession();
  const [asked, { open, close }] = useDisclosure(false);
  const mayWrite = may("strategies:write");
  const search = encodeURIComponent(name);
  return (
    <>
      {mayWrite && version !== null && (
        <Button size="xs" variant="default" leftSection={<IconTrash size={14} aria-hidden />} onClick={open}>
          {t("delete.open")}
        </Button>
      )}
      {mayWrite && (
        <Button
          size="xs"
          variant="default"
          component={Link}
          to={`/strategies?new=${search}`}
          leftSection={<IconCopy size={14} aria-hidden />}
        >
          {t("duplicate")}
        </Button>
      )}
      {may("push:send") && (
        <Button
          size="xs"
          component={Link}
          to={`/compose?strategy=${search}`}
          leftSection={<IconSend size={14} aria-hidden />}
        >
          {t("use")}
        </Button>
      )}
      {version !== null && <DeleteDialog name={name} version={version} opened={asked} onClose={close} />}
    </>
  );
}

function Content({ kept }: { kept: KeptStrategy }) {
  const { t } = useTranslation("strategies");
  const { may } = useSession();
  if (kept.version === null) {
    return (
      <>
        <p className={classes.lead}>{t("builtInHint")}</p>
        <StrategyEditor value={kept.strategy} onChange={() => undefined} isReadOnly />
      </>
    );
  }
  return (
    <>
      {may("strategies:write") ? (
        <EditStrategy kept={kept} />
      ) : (
        <>
          <Notice tone="plain">{t("readOnly")}</Notice>
          <StrategyEditor value={kept.strategy} onChange={() => undefined} isReadOnly />
        </>
      )}
      <Versions name={kept.name} />
    </>
  );
}
