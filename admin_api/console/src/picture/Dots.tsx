import { useComputedColorScheme } from "@mantine/core";
import { type KeyboardEvent, type MouseEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { figure } from "../format/figures.js";
import type { TerminalState } from "../shell/StateBadge.js";
import classes from "./Dots.module.css";
import { type Dot, dotAt, layoutOf, stepped } from "./dots.js";
import { countsOf, type DotGroup } from "./groups.js";
import { widthOf } from "./labels.js";
import { paint } from "./paint.js";
import { StateMark } from "./StateMark.js";
import { useWidth } from "./size.js";

interface DotsProps {
  readonly groups: readonly DotGroup[];
  /** How many terminals there are; for the text. */
  readonly total: number;
  /** A terminal whose name is known was chosen. */
  readonly onOpen?: ((terminalId: string) => void) | undefined;
}

const NARROW = 560;

/** A mark for each terminal, by group; its colour and shape say what became of the push there. */
export function Dots({ groups, total, onOpen }: DotsProps) {
  const { t } = useTranslation(["picture", "shell"]);
  const { ref, width } = useWidth<HTMLDivElement>(720);
  const scheme = useComputedColorScheme("light");
  const canvas = useRef<HTMLCanvasElement>(null);
  const before = useRef<readonly TerminalState[]>([]);
  const [active, setActive] = useState<number | null>(null);
  const [hover, setHover] = useState<number | null>(null);
  const id = useId();

  const above = width < NARROW;
  const longest = Math.max(0, ...groups.map(group => widthOf(group.label, 12)));
  const left = above ? 0 : Math.round(Math.min(Math.max(longest + 56, 120), 240));
  const room = Math.max(width - left - 4, 40);
  const layout = useMemo(() => layoutOf(groups, room, above ? 20 : 0), [groups, room, above]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the same dots have other colours in another scheme
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const states = layout.dots.map(dot => dot.state);
    const stop = paint(element, layout, { width: room, before: before.current });
    before.current = states;
    return stop;
  }, [layout, room, scheme]);

  if (groups.length === 0) return <p className={classes.empty}>{t("dots.empty")}</p>;

  const inWords = (dot: Dot): string => {
    const state = t(`shell:terminalState.${dot.state}`);
    if (dot.known !== null) return t("dots.known", { terminal: dot.known.terminalId, user: dot.known.user, state });
    return dot.terminals === 1 ? t("dots.anonymous", { state }) : t("dots.several", { count: dot.terminals, state });
  };
  const counts = (group: DotGroup): string =>
    [...countsOf([group])]
      .map(([state, count]) => t("dots.count", { count, state: t(`shell:terminalState.${state}`) }))
      .join(", ");
  const open = (index: number | null) => {
    const known = index === null ? null : (layout.dots[index]?.known ?? null);
    if (known !== null) onOpen?.(known.terminalId);
  };
  const find = (event: MouseEvent<HTMLCanvasElement>) => {
    const rect = event.currentTarget.getBoundingClientRect();
    return dotAt(layout, event.clientX - rect.left, event.clientY - rect.top);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return open(active);
    }
    const next = stepped(layout, active ?? 0, event.key);
    if (next === null) return;
    event.preventDefault();
    setActive(next);
  };
  const shown = hover ?? active;
  const dot = shown === null ? undefined : layout.dots[shown];
  const current = active === null ? undefined : layout.dots[active];

  return (
    <section className={classes.dots} aria-label={t("dots.label")} ref={ref}>
      <div
        className={classes.field}
        style={{ height: layout.height }}
        role="listbox"
        tabIndex={0}
        aria-label={`${t("dots.walk")} ${onOpen === undefined ? "" : t("dots.open")}`}
        aria-activedescendant={current === undefined ? undefined : `${id}dot`}
        onKeyDown={keys}
        onFocus={() => setActive(active === null && layout.dots.length > 0 ? 0 : active)}
        onBlur={() => setActive(null)}
      >
        <div
          className="visually-hidden"
          id={`${id}dot`}
          role="option"
          tabIndex={-1}
          aria-selected={current !== undefined}
          aria-posinset={(active ?? 0) + 1}
          aria-setsize={layout.dots.length}
        >
          {current === undefined ? t("dots.label") : `${groups[current.group]?.label ?? ""}. ${inWords(current)}`}
        </div>
        {groups.map((group, index) => (
          <div
            key={group.id}
            className={classes.group}
            style={{ top: layout.groups[index]?.y ?? 0, width: above ? width : left }}
            aria-hidden
          >
            <span className={classes.name} title={group.label}>
              {group.label}
            </span>
            <span className={`${classes.total} tabular`}>{figure(group.total)}</span>
          </div>
        ))}
        <canvas
          ref={canvas}
          className={dot?.known != null && onOpen !== undefined && hover !== null ? classes.opens : classes.canvas}
          style={{ left, width: room, height: layout.height }}
          aria-hidden
          onPointerMove={event => setHover(find(event))}
          onPointerLeave={() => setHover(null)}
          onClick={event => open(find(event))}
        />
        {dot !== undefined && (
          <>
            <span
              className={classes.ring}
              style={{
                left: left + dot.x - layout.pitch / 2,
                top: dot.y - layout.pitch / 2,
                width: layout.pitch,
                height: layout.pitch,
              }}
            />
            <div
              className={classes.hover}
              style={{ left: Math.max(0, Math.min(left + dot.x + 8, width - 260)), top: dot.y + 10 }}
            >
              <StateMark state={dot.state} />
              {inWords(dot)}
              {dot.known !== null && onOpen !== undefined && <span className={classes.hint}>{t("dots.click")}</span>}
            </div>
          </>
        )}
      </div>
      <ul className="visually-hidden" aria-label={t("dots.list")}>
        {groups.map(group => (
          <li key={group.id}>{t("dots.group", { label: group.label, counts: counts(group) })}</li>
        ))}
      </ul>
      {layout.each > 1 && <p className={classes.note}>{t("dots.each", { count: layout.each })}</p>}
      {total === 0 && <p className={classes.empty}>{t("dots.empty")}</p>}
    </section>
  );
}
