import type { Push } from "@fanfare/terminal";
import { shown } from "../message/convention.js";

/** Notices of the operating system, for a page that nobody is looking at. */
export interface Notices {
  tell(push: Push): void;
  withdraw(id: string): void;
}

const open = new Map<string, Notification>();

/** Whether the browser can, and whether the person has allowed it. */
export function noticesAre(): "allowed" | "denied" | "not asked" | "impossible" {
  if (!("Notification" in window)) return "impossible";
  if (Notification.permission === "granted") return "allowed";
  return Notification.permission === "denied" ? "denied" : "not asked";
}

/** The Notification API: told only while the page is hidden; a click leads back to it. */
export const systemNotices: Notices = {
  tell(push) {
    if (noticesAre() !== "allowed" || !document.hidden) return;
    const it = shown(push.message);
    const title = it.as === "card" ? (it.title ?? it.body ?? "") : "";
    const body = it.as === "card" ? (it.title === null ? "" : (it.body ?? "")) : it.text.slice(0, 200);
    const mustRead = push.ack === "read";
    const notice = new Notification(title || document.title, {
      body,
      tag: push.collapseKey ?? push.id,
      requireInteraction: mustRead,
    });
    notice.onclick = () => {
      window.focus();
      notice.close();
    };
    notice.onclose = () => open.delete(push.id);
    open.set(push.id, notice);
  },
  withdraw(id) {
    open.get(id)?.close();
    open.delete(id);
  },
};
