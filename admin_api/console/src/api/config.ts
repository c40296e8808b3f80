/** What the service tells its pages before anybody signs in: /console/config.json. */
export interface Config {
  readonly ws_url: string;
  /** Where the REST API begins, relative to this origin. */
  readonly api_base: string;
  /** How people sign in with the company's identity provider; null: by pasting a token. */
  readonly oidc: OidcConfig | null;
  /** From how many terminals on a send has to be confirmed by typing their number. */
  readonly confirm_above: number;
}

export interface OidcConfig {
  readonly authority: string;
  readonly client_id: string;
  readonly scope: string;
  readonly redirect_path: string;
}

/** The address of the REST API, without a slash at its end. */
export const restUrl = ({ api_base }: Config): string => new URL(api_base, location.origin).href.replace(/\/$/, "");

/** Asks for it. Raises Error with a sentence for people. */
export async function loadConfig(): Promise<Config> {
  const url = new URL("config.json", document.baseURI);
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The service does not tell its settings: ${url.pathname} answered ${answer.status}.`);
  return (await answer.json()) as Config;
}
