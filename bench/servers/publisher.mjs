// The HTTP side that both Node servers share: POST /publish[?room=R] with the message as its body, POST /gc, and
// the ready line {"port": N}.
import { createServer } from "node:http";

export function serve(publish) {
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://localhost");
    if (request.method === "POST" && url.pathname === "/publish") {
      const parts = [];
      request.on("data", (part) => parts.push(part));
      request.on("end", () => {
        publish(Buffer.concat(parts).toString(), url.searchParams.get("room"));
        response.writeHead(202, { "Content-Length": "0" }).end();
      });
    } else if (request.method === "POST" && url.pathname === "/gc") {
      // Before its memory is read, so that garbage is not counted against it.
      globalThis.gc();
      response.writeHead(204, { "Content-Length": "0" }).end();
    } else {
      response.writeHead(404, { "Content-Length": "0" }).end();
    }
  });
  server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => {
    process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
  });
  return server;
}
