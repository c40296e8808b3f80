import createClient, { type Client, type FetchResponse, type Middleware } from "openapi-fetch";
import type { MediaType, ResponseObjectMap, SuccessResponse } from "openapi-typescript-helpers";
import { conditional } from "./conditional.js";
import { ProblemError, problemOf } from "./problem.js";
import type { paths } from "./schema.js";

/** The REST API with its types. A refusal is thrown, as a ProblemError. */
export type Api = Client<paths>;

/** What the client needs of the session. `ended` is called when the service does not take the token any more. */
export interface Credentials {
  token(): string | null;
  ended(problem: ProblemError): void;
}

/** A client of the service at `baseUrl` that sends the session's token. */
export function apiClient(baseUrl: string, credentials: Credentials, fetchAnew: typeof fetch = fetch): Api {
  const client = createClient<paths>({ baseUrl, fetch: conditional((input, init) => fetchAnew(input, init)) });
  client.use(bearer(credentials));
  return client;
}

function bearer(credentials: Credentials): Middleware {
  return {
    onRequest({ request }) {
      const token = credentials.token();
      if (token !== null) request.headers.set("Authorization", `Bearer ${token}`);
    },
    async onResponse({ response }) {
      if (response.ok) return;
      const problem = await refusal(response);
      if (problem.status === 401) credentials.ended(problem);
      throw problem;
    },
    onError({ error }) {
      return problemOf(error);
    },
  };
}

async function refusal(response: Response): Promise<ProblemError> {
  const type = response.headers.get("Content-Type") ?? "";
  if (!type.startsWith("application/problem+json")) return new ProblemError({ status: response.status });
  return new ProblemError((await response.json()) as Record<string, unknown>);
}

/**
 * The body of an answer that has one, as the schema has it: openapi-fetch makes lists of tuples. Raises TypeError for an
 * answer without: the client throws refusals by itself.
 *
 * @example const push = answered(await api.GET("/v1/pushes/{push_id}", { params: { path: { push_id } } }));
 */
export function answered<Operation extends Record<string | number, unknown>, Options, Media extends MediaType>(
  result: FetchResponse<Operation, Options, Media>,
): SuccessResponse<ResponseObjectMap<Operation>, Media> {
  if (result.data === undefined) throw new TypeError(`${result.response.url} answered without a body`);
  return result.data as SuccessResponse<ResponseObjectMap<Operation>, Media>;
}
