import { type Options, Terminal, webStorage } from "@fanfare/terminal";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { confirmed, type Desk, dismissed, EMPTY, expired, told } from "./desk.js";
import { historyStore } from "./history_store.js";
import { type Notices, systemNotices } from "./notices.js";

export interface Place {
  readonly wsUrl: string;
  readonly apiUrl: string;
  readonly token: string;
  readonly user: string;
}

export interface DeskActions {
  readonly desk: Desk;
  confirm(id: string): void;
  dismiss(id: string): void;
}

/** This tab's own name among the terminals of its user; the tab keeps it. */
export function terminalName(storage: Storage = sessionStorage): string {
  const kept = storage.getItem("fanfare.terminal.name");
  if (kept !== null) return kept;
  const name = `page-${crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36)}`;
  storage.setItem("fanfare.terminal.name", name);
  return name;
}

/** A terminal that lives as long as the page shows it, and the desk it fills; what came stays in the tab. */
export function useDesk({ wsUrl, apiUrl, token, user }: Place, notices: Notices = systemNotices): DeskActions {
  const history = useMemo(() => historyStore(`fanfare.terminal.history.${user}`), [user]);
  const [desk, setDesk] = useState<Desk>(() => ({ ...EMPTY, items: history.load() }));
  useEffect(() => history.save(desk.items), [history, desk.items]);
  const terminal = useRef<Terminal | null>(null);
  useEffect(() => {
    const options: Options = {
      token,
      apiUrl,
      name: terminalName(),
      state: webStorage(`fanfare.terminal.state.${user}`, sessionStorage),
    };
    const here = new Terminal(wsUrl, options);
    terminal.current = here;
    here.on("*", event => {
      setDesk(before => told(before, event, Date.now()));
      if (event.type === "push") notices.tell(event);
      if (event.type === "reminder") notices.tell(event.push);
      if (event.type === "cancel") {
        notices.withdraw(event.id);
        here.recalled(event.id);
      }
    });
    here.connect().catch((error: unknown) => {
      const detail = error instanceof Error ? error.message : String(error);
      setDesk(before => ({ ...before, light: { is: "refused", code: "state", detail } }));
    });
    const clock = setInterval(() => setDesk(before => expired(before, Date.now())), 1_000);
    return () => {
      clearInterval(clock);
      void here.close();
    };
  }, [wsUrl, apiUrl, token, user, notices]);
  const confirm = useCallback(
    (id: string) => {
      terminal.current?.read(id);
      notices.withdraw(id);
      setDesk(before => confirmed(before, id));
    },
    [notices],
  );
  const dismiss = useCallback((id: string) => setDesk(before => dismissed(before, id)), []);
  return { desk, confirm, dismiss };
}
