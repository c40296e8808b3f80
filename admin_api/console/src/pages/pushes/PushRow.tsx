import { Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Push } from "../../api/schema.js";
import { Moment } from "../../shell/Moment.js";
import { PushStateBadge } from "../../shell/StateBadge.js";
import { targetText } from "../../target/text.js";
import { headline } from "./headline.js";
import classes from "./Pushes.module.css";
import { PushProgress } from "./PushProgress.js";
import { usePush } from "./queries.js";

/** A push in the list. What the list does not say of it is asked for once the row is in sight. */
export function PushRow({ push }: { push: Push }) {
  const { t } = useTranslation("pushes");
  const row = useRef<HTMLTableRowElement>(null);
  const seen = useSeen(row);
  const detail = usePush(push.id, seen).data;
  const target = targetText(push.target);
  const title = detail === undefined ? null : headline(detail.message);
  return (
    <tr ref={row} className={classes.row}>
      <td>
        <PushStateBadge state={push.state} />
      </td>
      <td className={classes.what}>
        <Link to={`/pushes/${push.id}`} className={classes.link}>
          {title ?? target}
        </Link>
        {push.test && <span className={classes.tag}>{t("list.test")}</span>}
        {push.repeat != null && <span className={classes.tag}>{t("list.repeats")}</span>}
        {title !== null && (
          <Text size="xs" c="dimmed" className={classes.target} title={target}>
            {target}
          </Text>
        )}
      </td>
      <td className={classes.progress}>{seen && <PushProgress push={push} />}</td>
      <td className={classes.strategy}>
        {push.strategy.name ?? <span className={classes.faint}>{t("list.ownStrategy")}</span>}
      </td>
      <td className={classes.sender}>{push.sender}</td>
      <td className={classes.when}>
        <Moment at={push.created_at} />
      </td>
    </tr>
  );
}

/** Whether an element has come into sight; stays so. */
function useSeen(element: { readonly current: HTMLElement | null }): boolean {
  const [seen, setSeen] = useState(!("IntersectionObserver" in window));
  useEffect(() => {
    if (seen || element.current === null) return;
    const watch = new IntersectionObserver(entries => setSeen(entries.some(entry => entry.isIntersecting)), {
      rootMargin: "200px",
    });
    watch.observe(element.current);
    return () => watch.disconnect();
  }, [seen, element]);
  return seen;
}
