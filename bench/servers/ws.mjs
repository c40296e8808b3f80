// Broadcast with `ws`, as its README shows it. No tokens, no registry, no storage.
import { WebSocket, WebSocketServer } from "ws";

import { serve } from "./publisher.mjs";

const server = serve((message) => {
  for (const client of terminals.clients) {
    if (client.readyState === WebSocket.OPEN) client.send(message);
  }
});
const terminals = new WebSocketServer({ server });
