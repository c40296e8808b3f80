import { Anchor } from "@mantine/core";
import { Link } from "react-router";
import type { AuditEntry } from "../../api/schema.js";
import { print } from "../../target/print.js";
import { shortened } from "../pushes/shortened.js";

const MOST_CHARACTERS = 28;

/** What something was done to, with a way there where it has a page. */
export function Subject({ entry }: { entry: AuditEntry }) {
  const to = pageOf(entry);
  const subject = shortened(entry.subject, MOST_CHARACTERS);
  if (to === null) return <span title={entry.subject}>{subject}</span>;
  return (
    <Anchor component={Link} to={to} title={entry.subject} size="sm">
      {subject}
    </Anchor>
  );
}

function pageOf({ action, subject }: AuditEntry): string | null {
  const name = encodeURIComponent(subject);
  if (action.startsWith("push.")) return `/pushes/${name}`;
  if (action === "strategy.put") return `/strategies/${name}`;
  if (action.startsWith("user.")) return `/terminals?${new URLSearchParams({ target: print({ users: [subject] }) })}`;
  if (action.startsWith("group.")) return `/terminals?${new URLSearchParams({ target: print({ groups: [subject] }) })}`;
  return null;
}
