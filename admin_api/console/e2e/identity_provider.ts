import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const CODE = "the-code";

/** An OpenID provider that lets everybody in as one person, and holds its client to PKCE (RFC 7636, S256). */
export class IdentityProvider {
  /** What goes as the access token. */
  accessToken = "";
  /** Answers the next visitor that they may not. */
  denies = false;
  private challenge = "";
  private nonce: string | null = null;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<IdentityProvider> {
    const server = createServer();
    const provider = new IdentityProvider(server);
    server.on("request", (request, response) => void provider.answer(request, response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return provider;
  }

  get authority(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.authority);
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Access-Control-Allow-Headers", "*");
    if (request.method === "OPTIONS") response.writeHead(204).end();
    else if (url.pathname === "/.well-known/openid-configuration") json(response, 200, this.metadata());
    else if (url.pathname === "/authorize") this.authorize(url.searchParams, response);
    else if (url.pathname === "/token") this.token(new URLSearchParams(await bodyOf(request)), response);
    else response.writeHead(404).end();
  }

  private metadata(): object {
    const here = this.authority;
    return { issuer: here, authorization_endpoint: `${here}/authorize`, token_endpoint: `${here}/token` };
  }

  private authorize(asked: URLSearchParams, response: ServerResponse): void {
    this.challenge = asked.get("code_challenge_method") === "S256" ? (asked.get("code_challenge") ?? "") : "";
    this.nonce = asked.get("nonce");
    const back = new URL(asked.get("redirect_uri") ?? "");
    back.searchParams.set("state", asked.get("state") ?? "");
    if (this.denies) back.searchParams.set("error", "access_denied");
    else back.searchParams.set("code", CODE);
    response.writeHead(302, { Location: back.href }).end();
  }

  private token(given: URLSearchParams, response: ServerResponse): void {
    const proof = createHash("sha256")
      .update(given.get("code_verifier") ?? "")
      .digest("base64url");
    if (given.get("code") !== CODE || proof !== this.challenge) {
      json(response, 400, { error: "invalid_grant" });
      return;
    }
    const inAnHour = Math.floor(Date.now() / 1_000) + 3_600;
    const claims = {
      iss: this.authority,
      sub: "olivia",
      aud: given.get("client_id"),
      exp: inAnHour,
      iat: inAnHour - 3_600,
    };
    const idToken = [{ alg: "none" }, this.nonce === null ? claims : { ...claims, nonce: this.nonce }]
      .map(part => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    json(response, 200, {
      access_token: this.accessToken,
      id_token: `${idToken}.`,
      token_type: "Bearer",
      expires_in: 3_600,
      scope: "openid",
    });
  }
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
