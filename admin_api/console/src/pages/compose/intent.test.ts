import { describe, expect, it } from "vitest";
import { ProblemError } from "../../api/problem.js";
import type { Push } from "../../api/schema.js";
import { type Attempt, attempted, audienceChange, intentOf, type Post } from "./intent.js";

const PUSH = { id: "p1", state: "sending" } as Push;
const AS_PLANNED: Attempt = { plan: "plan-1", ifChanged: "reject" };
const unreachable = () => new ProblemError({ code: "unreachable" });
const refused = (code: string, status: number) => new ProblemError({ code, status });

/** Answers one after the other, and notes what was posted. */
function service(...answers: (Push | ProblemError)[]) {
  const posted: (Attempt & { key: string })[] = [];
  const post: Post = async (attempt, key) => {
    posted.push({ ...attempt, key });
    const answer = answers.shift();
    if (answer instanceof ProblemError || answer === undefined) throw answer;
    return answer;
  };
  return { post, posted };
}

describe("an intent to send", () => {
  it("keeps its key while it says the same, and gets another for something else", () => {
    const first = intentOf("a", null);
    expect(intentOf("a", first)).toBe(first);
    expect(intentOf("b", first).key).not.toBe(first.key);
  });

  it("is tried again with its key when there was no answer", async () => {
    const { post, posted } = service(unreachable(), PUSH);
    const first = await attempted(post, intentOf("a", null), AS_PLANNED);
    expect(first.is).toBe("unanswered");
    if (first.is === "sent") return;
    expect(await attempted(post, first.intent, AS_PLANNED)).toEqual({ is: "sent", push: PUSH });
    expect(posted[1]).toEqual(posted[0]);
  });

  it("asks about an attempt without an answer before it sends another plan", async () => {
    const { post, posted } = service(refused("storage_unavailable", 503), PUSH);
    const first = await attempted(post, intentOf("a", null), AS_PLANNED);
    if (first.is === "sent") throw new Error("it was not to be sent");
    const again = await attempted(post, first.intent, { plan: "plan-2", ifChanged: "reject" });
    expect(again).toEqual({ is: "sent", push: PUSH });
    expect(posted.map(each => each.plan)).toEqual(["plan-1", "plan-1"]);
  });

  it("sends the other plan if the first attempt turns out not to have been taken", async () => {
    const { post, posted } = service(unreachable(), refused("plan_not_found", 404), PUSH);
    const first = await attempted(post, intentOf("a", null), AS_PLANNED);
    if (first.is === "sent") throw new Error("it was not to be sent");
    const again = await attempted(post, first.intent, { plan: "plan-2", ifChanged: "send" });
    expect(again.is).toBe("sent");
    expect(posted.map(each => [each.plan, each.ifChanged])).toEqual([
      ["plan-1", "reject"],
      ["plan-1", "reject"],
      ["plan-2", "send"],
    ]);
    expect(new Set(posted.map(each => each.key)).size).toBe(1);
  });

  it("does not go on while the first attempt stays without an answer", async () => {
    const { post, posted } = service(unreachable(), unreachable());
    const first = await attempted(post, intentOf("a", null), AS_PLANNED);
    if (first.is === "sent") throw new Error("it was not to be sent");
    const again = await attempted(post, first.intent, { plan: "plan-2", ifChanged: "reject" });
    expect(again.is).toBe("unanswered");
    expect(posted).toHaveLength(2);
  });

  it("has nothing open after a refusal", async () => {
    const { post } = service(refused("audience_changed", 409));
    const outcome = await attempted(post, intentOf("a", null), AS_PLANNED);
    expect(outcome).toMatchObject({ is: "refused", intent: { unanswered: null } });
  });
});

describe("a changed audience", () => {
  it("is read from its refusal", () => {
    const change = {
      planned: 10,
      now: 13,
      came: { terminals: 3, names: ["u1/pc", "u2/pc", "u3/pc"] },
      went: { terminals: 0, names: [] },
    };
    expect(audienceChange(new ProblemError({ code: "audience_changed", status: 409, ...change }))).toMatchObject(
      change,
    );
    expect(audienceChange(refused("sender_rate", 429))).toBeNull();
  });
});
