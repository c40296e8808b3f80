// @vitest-environment jsdom

import { beforeEach, describe, expect, it } from "vitest";
import { NO_DRAFT } from "./draft.js";
import { filledIn, forgetDraft, loadDraft, saveDraft } from "./draft_store.js";

const DRAFT = { ...NO_DRAFT, target: "group:ops", strategy: { name: "must-read", changes: { retain: "1d" } } };

describe("a draft in its tab", () => {
  beforeEach(() => sessionStorage.clear());

  it("is there again, for who wrote it", () => {
    const intent = { meaning: "m", key: "k", unanswered: { plan: "p", ifChanged: "reject" as const } };
    saveDraft("ann", { draft: DRAFT, intent });
    expect(loadDraft("ann")).toEqual({ draft: DRAFT, intent });
    expect(loadDraft("bob")).toEqual({ draft: NO_DRAFT, intent: null });
  });

  it("is blank after it was forgotten, or cannot be read", () => {
    saveDraft("ann", { draft: DRAFT, intent: null });
    forgetDraft("ann");
    expect(loadDraft("ann").draft).toEqual(NO_DRAFT);
    sessionStorage.setItem("fanfare.draft.ann", "{");
    expect(loadDraft("ann").draft).toEqual(NO_DRAFT);
  });

  it("has members that an older version did not write", () => {
    sessionStorage.setItem("fanfare.draft.ann", JSON.stringify({ draft: { target: "all", message: { title: "x" } } }));
    expect(loadDraft("ann").draft).toEqual({
      ...NO_DRAFT,
      target: "all",
      message: { ...NO_DRAFT.message, title: "x" },
    });
  });
});

describe("the page's address", () => {
  it("fills in a target and a strategy, and leaves the rest", () => {
    const asked = filledIn(DRAFT, new URLSearchParams("?strategy=staged-rollout&target=group%3Asales"));
    expect(asked).toEqual({ ...DRAFT, target: "group:sales", strategy: { name: "staged-rollout", changes: {} } });
  });

  it("keeps what was changed of the strategy that it names", () => {
    expect(filledIn(DRAFT, new URLSearchParams("?strategy=must-read"))).toEqual(DRAFT);
    expect(filledIn(DRAFT, new URLSearchParams())).toEqual(DRAFT);
  });
});
