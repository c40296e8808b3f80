import type { TFunction } from "i18next";
import { BOUNDS } from "./expression.js";
import type { TargetFault } from "./fault.js";

/** What is wrong with a target and what to do, in the viewer's language. */
export function faultInWords(fault: TargetFault, t: TFunction<"target">): string {
  const { kind, about } = fault;
  if (kind !== "expected") return t(`fault.${kind}`, { about, found: fault.found ?? "", ...BOUNDS });
  const expected = inWords(fault.expected, t);
  return fault.found === null
    ? t("fault.unfinished", { expected })
    : t("fault.expected", { expected, found: fault.found });
}

function inWords(expected: readonly string[], t: TFunction<"target">): string {
  const words = expected.map(each => {
    if (each === "a name") return t("expected.name");
    if (each === "a value") return t("expected.value");
    if (each === "an attribute") return t("expected.attribute");
    return each === "the end" ? t("expected.end") : t("expected.word", { word: each });
  });
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : t("expected.oneOf", { most: words.slice(0, -1).join(", "), last });
}
