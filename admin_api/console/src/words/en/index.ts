import audit from "./audit.json" with { type: "json" };
import compose from "./compose.json" with { type: "json" };
import graph from "./graph.json" with { type: "json" };
import message from "./message.json" with { type: "json" };
import overview from "./overview.json" with { type: "json" };
import picture from "./picture.json" with { type: "json" };
import pushes from "./pushes.json" with { type: "json" };
import settings from "./settings.json" with { type: "json" };
import shell from "./shell.json" with { type: "json" };
import strategies from "./strategies.json" with { type: "json" };
import target from "./target.json" with { type: "json" };
import terminal from "./terminal.json" with { type: "json" };
import terminals from "./terminals.json" with { type: "json" };

export default {
  audit,
  compose,
  graph,
  message,
  overview,
  picture,
  pushes,
  settings,
  shell,
  strategies,
  target,
  terminal,
  terminals,
};
