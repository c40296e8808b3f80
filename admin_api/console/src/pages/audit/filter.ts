import type { paths } from "../../api/schema.js";
import { instant } from "../../format/local_time.js";

/** What the audit trail is asked for. */
export type AuditQuery = NonNullable<paths["/v1/audit"]["get"]["parameters"]["query"]>;

const NAMES = ["actor", "action", "subject", "from", "to"] as const;

/** The filters, as they stand in the page's address. */
export type AuditFilter = Partial<Record<(typeof NAMES)[number], string>>;

export function filterOf(address: URLSearchParams): AuditFilter {
  const filter: AuditFilter = {};
  for (const name of NAMES) {
    const value = address.get(name);
    if (value !== null && value !== "") filter[name] = value;
  }
  return filter;
}

/** The filters as an address; members that are undefined or empty are left out. */
export function addressOf(filter: { readonly [name in (typeof NAMES)[number]]?: string | undefined }): URLSearchParams {
  const address = new URLSearchParams();
  for (const name of NAMES) {
    const value = filter[name];
    if (value !== undefined && value !== "") address.set(name, value);
  }
  return address;
}

/** The filters as the API takes them: days and times of the viewer's zone become moments. */
export function queryOf(filter: AuditFilter): AuditQuery {
  const { from = "", to = "", ...same } = filter;
  const [since, until] = [instant(from), instant(to)];
  return { ...same, ...(since !== null && { from: since }), ...(until !== null && { to: until }) };
}

/** What the trail can hold, by thing. */
export const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  push: ["push.create", "push.approve", "push.reject", "push.halt", "push.resume", "push.cancel"],
  user: ["user.block", "user.unblock"],
  token: ["token.revoke"],
  terminal: ["terminal.close"],
  group: ["group.join", "group.leave"],
  strategy: ["strategy.put", "strategy.delete"],
  sender: ["sender.put", "sender.delete"],
};
