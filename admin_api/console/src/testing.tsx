import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type RenderResult, render } from "@testing-library/react";
import type { ReactElement, ReactNode } from "react";
import { createMemoryRouter, RouterProvider } from "react-router";
import { apiClient } from "./api/client.js";
import { ApiProvider } from "./api/context.js";
import { theme } from "./look/theme.js";
import { type Scope, type Session, SessionContext } from "./session/session.js";
import { startWords } from "./words/index.js";

/** What a request is answered: a body with 200, or a whole Response. A function sees the request. */
export type Answer = object | Response | ((request: Request) => object | Response | Promise<object | Response>);

/** Answers by method and path, with or without the query: `"GET /v1/stats"`. What is not there is answered 404. */
export type Answers = Readonly<Record<string, Answer>>;

export const ALL_SCOPES: readonly Scope[] = [
  "push:send",
  "push:read",
  "push:approve",
  "terminals:read",
  "terminals:manage",
  "strategies:write",
  "senders:write",
  "audit:read",
];

export interface Rendered extends RenderResult {
  /** Every request that was made, oldest first. */
  readonly requests: Request[];
  /** The memory router: where one is now, and going elsewhere. */
  readonly router: ReturnType<typeof createMemoryRouter>;
}

interface Options {
  readonly answers?: Answers;
  readonly scopes?: readonly Scope[];
  /** Where one is, and the route's pattern. */
  readonly at?: string;
  readonly path?: string;
  readonly user?: string;
}

/** Renders something as a page of the console: in English, signed in, with the service's answers given. */
export async function renderPage(element: ReactElement, options: Options = {}): Promise<Rendered> {
  const { answers = {}, scopes = ALL_SCOPES, at = "/", path = "*", user = "ops" } = options;
  await startWords("en");
  const requests: Request[] = [];
  const answering: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    requests.push(request.clone());
    const { pathname, search } = new URL(request.url);
    const answer = answers[`${request.method} ${pathname}${search}`] ?? answers[`${request.method} ${pathname}`];
    const given = typeof answer === "function" ? await answer(request) : answer;
    if (given instanceof Response) return given.clone();
    if (given === undefined) return problem(404, "not_found", `${request.method} ${pathname} has no answer here`);
    return Response.json(given);
  };
  const session: Session = {
    config: {
      ws_url: "ws://test.invalid/local",
      api_base: "/",
      oidc: null,
      confirm_above: 100,
    },
    caller: {
      user,
      issuer: "https://issuer.invalid",
      groups: [],
      scopes: [...scopes],
      may_connect: true,
      expires_at: "2999-01-01T00:00:00.000Z",
    },
    token: "token",
    may: scope => scopes.includes(scope),
    signOut: () => undefined,
  };
  const router = createMemoryRouter(
    [
      { path, element },
      { path: "*", element: null },
    ],
    { initialEntries: [at] },
  );
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false, gcTime: Number.POSITIVE_INFINITY } } });
  const api = apiClient("http://test.invalid", { token: () => session.token, ended: () => undefined }, answering);
  const around = (children: ReactNode) => (
    <MantineProvider theme={theme} env="test" withCssVariables={false}>
      <QueryClientProvider client={queries}>
        <SessionContext value={session}>
          <ApiProvider value={api}>{children}</ApiProvider>
        </SessionContext>
      </QueryClientProvider>
    </MantineProvider>
  );
  return Object.assign(render(around(<RouterProvider router={router} />)), { requests, router });
}

/** A refusal as the service gives it. */
export function problem(status: number, code: string, detail: string, more: object = {}): Response {
  const document = { type: `/errors#${code}`, title: code.replace(/_/g, " "), status, code, detail, ...more };
  return new Response(JSON.stringify(document), {
    status,
    headers: { "Content-Type": "application/problem+json" },
  });
}
