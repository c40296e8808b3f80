import { Page } from "../../shell/Page.js";

export function Component() {
  return <Page title="Strategies">{null}</Page>;
}
