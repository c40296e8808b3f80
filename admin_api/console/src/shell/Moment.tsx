import { Tooltip } from "@mantine/core";
import { ago, moment, wholeMoment } from "../format/moments.js";
import { useNow } from "../format/now.js";

/** A moment in the viewer's zone, with all of it on hover. `relative`: how long ago, or in how long. */
export function Moment({ at, relative = false }: { at: string; relative?: boolean }) {
  const now = useNow(relative ? 10_000 : 60_000);
  const date = new Date(at);
  return (
    <Tooltip label={wholeMoment(date)} events={{ hover: true, focus: true, touch: true }}>
      <time dateTime={at} className="tabular">
        {relative ? ago(date, now) : moment(date, { now })}
      </time>
    </Tooltip>
  );
}
