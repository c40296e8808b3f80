/** How many answers are kept to be asked for again by ETag. */
const KEPT = 100;

interface Kept {
  readonly etag: string;
  readonly body: string;
}

/**
 * `fetch` that asks anew only for what has changed (RFC 9110 §13): the answer to a GET is kept by its ETag, and a 304 is
 * answered with what was kept. In memory, since the service's answers are not to be stored.
 */
export function conditional(fetchAnew: typeof fetch): typeof fetch {
  const kept = new Map<string, Kept>();
  return async (input, init) => {
    const request = new Request(input, init);
    if (request.method !== "GET") return fetchAnew(request);
    const key = `${request.headers.get("Authorization") ?? ""} ${request.url}`;
    const known = kept.get(key);
    if (known !== undefined) request.headers.set("If-None-Match", known.etag);
    const answer = await fetchAnew(request);
    if (answer.status === 304 && known !== undefined) {
      return new Response(known.body, {
        status: 200,
        headers: { "Content-Type": "application/json", ETag: known.etag },
      });
    }
    const etag = answer.headers.get("ETag");
    if (answer.status !== 200 || etag === null) return answer;
    const body = await answer.clone().text();
    kept.delete(key);
    kept.set(key, { etag, body });
    if (kept.size > KEPT) kept.delete(kept.keys().next().value ?? "");
    return answer;
  };
}
