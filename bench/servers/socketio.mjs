// Broadcast and rooms with socket.io over WebSocket alone. With TOKEN_KEY (a file with the public key in PEM) a
// middleware checks an RS256 token and joins the socket to a room for its user and each of its groups; without it,
// every socket is let in. No registry that outlives the process, no storage.
import { readFileSync } from "node:fs";

import jwt from "jsonwebtoken";
import { Server } from "socket.io";

import { serve } from "./publisher.mjs";

const server = serve((message, room) => {
  (room === null ? io : io.to(room)).emit("push", message);
});
// A ping interval longer than any run: Fanfare's gateway sends none either.
const io = new Server(server, { transports: ["websocket"], serveClient: false, pingInterval: 3_600_000 });

if (process.env.TOKEN_KEY) {
  const key = readFileSync(process.env.TOKEN_KEY);
  const { TOKEN_ISSUER: issuer, TOKEN_AUDIENCE: audience } = process.env;
  io.use((socket, next) => {
    jwt.verify(socket.handshake.auth.token, key, { algorithms: ["RS256"], issuer, audience }, (error, claims) => {
      if (error) {
        next(error);
        return;
      }
      socket.join([`user:${claims.sub}`, ...(claims.groups ?? []).map((group) => `group:${group}`)]);
      next();
    });
  });
}
