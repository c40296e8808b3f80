import { createContext, use } from "react";
import type { Api } from "./client.js";

const ApiContext = createContext<Api | null>(null);

/** Gives the client to everything below. */
export const ApiProvider = ApiContext.Provider;

/** The client of who is signed in. Raises Error outside of a session. */
export function useApi(): Api {
  const api = use(ApiContext);
  if (api === null) throw new Error("useApi: nobody is signed in here");
  return api;
}
