import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { play, type Scenario } from "./play.js";

// From build/test, where the compiled tests are.
const SCENARIOS = new URL("../../../../tests/scenarios/", import.meta.url);

for (const file of readdirSync(SCENARIOS).filter(name => name.endsWith(".json"))) {
  const { scenarios } = JSON.parse(readFileSync(new URL(file, SCENARIOS), "utf8")) as { scenarios: Scenario[] };
  for (const scenario of scenarios) test(`${file}: ${scenario.name}`, () => play(scenario));
}
