import type { KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { type Axis, moved } from "./axis.js";
import classes from "./Timeline.module.css";

interface HandleProps {
  readonly axis: Axis;
  readonly at: number;
  readonly left: number;
  readonly top: number;
  /** What it says there. */
  readonly text: string;
  /** Moments at which something happens, in order: Page up and Page down go from one to the next. */
  readonly events: readonly number[];
  /** Null: back to where it rests. */
  readonly onAt: (at: number | null) => void;
  readonly onDrag: (clientX: number) => void;
}

/** The handle on the time axis: dragged, or moved by keys. */
export function Handle({ axis, at, left, top, text, events, onAt, onDrag }: HandleProps) {
  const { t } = useTranslation("picture");
  const x = axis.x(at);
  const move = (event: KeyboardEvent) => {
    const to = moved(axis, at, event.key, { far: event.shiftKey, events });
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onAt(to);
  };
  return (
    <div
      className={classes.handle}
      style={{ left: left + x, top }}
      role="slider"
      tabIndex={0}
      aria-label={t("readout.slider")}
      aria-valuemin={Math.round(axis.from / 1_000)}
      aria-valuemax={Math.round(axis.to / 1_000)}
      aria-valuenow={Math.round(at / 1_000)}
      aria-valuetext={text}
      title={t("readout.hint")}
      onKeyDown={move}
      onPointerDown={event => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={event => event.currentTarget.hasPointerCapture(event.pointerId) && onDrag(event.clientX)}
      onDoubleClick={() => onAt(null)}
    >
      <span className={classes.grip} />
    </div>
  );
}
