import { describe, expect, it } from "vitest";
import { conditional } from "./conditional.js";

function service(answers: [etag: string, body: object][]) {
  const asked: (string | null)[] = [];
  const fetchAnew: typeof fetch = async input => {
    const known = (input as Request).headers.get("If-None-Match");
    asked.push(known);
    const [etag, body] = answers[Math.min(asked.length, answers.length) - 1] ?? ["", {}];
    if (known === etag) return new Response(null, { status: 304, headers: { ETag: etag } });
    return Response.json(body, { headers: { ETag: etag } });
  };
  return { asked, fetch: conditional(fetchAnew) };
}

describe("a conditional fetch", () => {
  it("answers what it knows while nothing has changed", async () => {
    const { asked, fetch } = service([['"1"', { n: 1 }]]);
    await fetch("http://test.invalid/v1/stats");
    const again = await fetch("http://test.invalid/v1/stats");
    expect([again.status, await again.json()]).toEqual([200, { n: 1 }]);
    expect(asked).toEqual([null, '"1"']);
  });

  it("answers what is new", async () => {
    const { fetch } = service([
      ['"1"', { n: 1 }],
      ['"2"', { n: 2 }],
    ]);
    await fetch("http://test.invalid/v1/stats");
    expect(await (await fetch("http://test.invalid/v1/stats")).json()).toEqual({ n: 2 });
  });

  it("keeps nothing of one caller for another", async () => {
    const { asked, fetch } = service([['"1"', { n: 1 }]]);
    await fetch("http://test.invalid/v1/stats", { headers: { Authorization: "Bearer a" } });
    await fetch("http://test.invalid/v1/stats", { headers: { Authorization: "Bearer b" } });
    expect(asked).toEqual([null, null]);
  });
});
