import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Push } from "../../api/schema.js";
import { useNow } from "../../format/now.js";
import { goesOn } from "./going.js";
import { expectedOf } from "./progress.js";
import { usePush, useTimelines } from "./queries.js";
import { SharesBar } from "./SharesBar.js";
import { sentence } from "./sentence.js";
import { sharesOf } from "./shares.js";

/** How far a push is, as lists say it: a bar, and one sentence. It asks for what the list does not have of it. */
export function PushProgress({ push }: { push: Push }) {
  const { t } = useTranslation("pushes");
  const now = useNow(10_000);
  const detail = usePush(push.id).data;
  const timelines = useTimelines(push.id, goesOn(push.state)).data;
  if (detail === undefined) return null;
  const expected = timelines !== undefined && goesOn(detail.state) ? expectedOf(detail, timelines) : 0;
  return (
    <>
      <SharesBar shares={sharesOf(detail.counts, expected)} />
      {timelines !== undefined && (
        <Text size="xs" c="dimmed" mt={4} className="tabular">
          {sentence(detail, timelines, now, t)}
        </Text>
      )}
    </>
  );
}
