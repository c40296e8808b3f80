import { Button, Text, Title } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import type { KeptStrategy } from "../../api/schema.js";
import { StrategyThumbnail } from "../../graph/StrategyThumbnail.js";
import { strategyInWords } from "../../graph/words.js";
import { useSession } from "../../session/session.js";
import { Moment } from "../../shell/Moment.js";
import { Needs } from "../../shell/Needs.js";
import { Page } from "../../shell/Page.js";
import { Empty, Loading, ProblemAlert } from "../../shell/states.js";
import { NewStrategy } from "./NewStrategy.js";
import { useStrategies } from "./queries.js";
import classes from "./Strategies.module.css";

/** What strategies there are and what each means; with `?new` one is begun, with `?new=must-read` as a copy. */
export function Component() {
  const [search] = useSearchParams();
  const copied = search.get("new");
  if (copied === null) {
    return (
      <Needs scope="push:read">
        <Strategies />
      </Needs>
    );
  }
  return (
    <Needs scope="strategies:write">
      <NewStrategy key={copied} copied={copied === "" ? null : copied} />
    </Needs>
  );
}

function Strategies() {
  const { t } = useTranslation("strategies");
  const { may } = useSession();
  const listed = useStrategies();
  const mayWrite = may("strategies:write");
  const create = mayWrite && (
    <Button size="xs" component={Link} to="/strategies?new" leftSection={<IconPlus size={14} aria-hidden />}>
      {t("new")}
    </Button>
  );
  return (
    <Page title={t("title")} actions={create}>
      {listed.isPending && <Loading />}
      {listed.isError && <ProblemAlert error={listed.error} retry={() => void listed.refetch()} />}
      {listed.data !== undefined && (
        <>
          <section className={classes.section}>
            <Title order={2}>{t("kept")}</Title>
            {listed.data.every(each => each.built_in) ? (
              <Empty title={t("empty.title")} command="fanfare strategies put door door.json">
                {t(mayWrite ? "empty.detail" : "empty.readOnly")}
              </Empty>
            ) : (
              <Cards strategies={listed.data.filter(each => !each.built_in)} />
            )}
          </section>
          <section className={classes.section}>
            <Title order={2}>{t("builtIn")}</Title>
            <Text c="dimmed">{t("builtInHint")}</Text>
            <Cards strategies={listed.data.filter(each => each.built_in)} />
          </section>
        </>
      )}
    </Page>
  );
}

function Cards({ strategies }: { strategies: readonly KeptStrategy[] }) {
  return (
    <ul className={classes.cards}>
      {strategies.map(each => (
        <li key={each.name}>
          <Card {...each} />
        </li>
      ))}
    </ul>
  );
}

function Card({ name, version, strategy, by, at }: KeptStrategy) {
  const { t } = useTranslation("strategies");
  const words = useTranslation("graph").t;
  return (
    <article className={classes.card}>
      <header className={classes.cardHead}>
        <Title order={3} className={classes.name ?? ""}>
          <Link to={`/strategies/${encodeURIComponent(name)}`} className={classes.cover}>
            {name}
          </Link>
        </Title>
        <span className={classes.tag}>{version === null ? t("tag.builtIn") : t("tag.version", { version })}</span>
      </header>
      <StrategyThumbnail strategy={strategy} />
      <p className={classes.words}>{strategyInWords(strategy, words)}</p>
      {at !== null && (
        <p className={classes.made}>
          {t("by", { user: by ?? "" })} <Moment at={at} relative />
        </p>
      )}
    </article>
  );
}
