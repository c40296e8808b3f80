// AWS SDK for JavaScript v3, with an agent that keeps as many connections as there are requests under way.
// Arguments and result line as in pace.py.
import { readFileSync } from "node:fs";
import { Agent } from "node:https";
import { ApiGatewayManagementApiClient, PostToConnectionCommand } from "@aws-sdk/client-apigatewaymanagementapi";
import { NodeHttpHandler } from "@smithy/node-http-handler";

const [endpoint, caFile, concurrency, messageBytes, warmUpS, seconds] = process.argv.slice(2);
const client = new ApiGatewayManagementApiClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
  maxAttempts: 1,
  requestHandler: new NodeHttpHandler({
    httpsAgent: new Agent({ keepAlive: true, maxSockets: Number(concurrency), ca: readFileSync(caFile) }),
  }),
});
const message = Buffer.alloc(Number(messageBytes), "x");
let number = 0;

async function oneAfterAnother(count, untilMs) {
  while (performance.now() < untilMs) {
    number = (number + 1) % 100_000;
    const id = `R0oXAdfD${number.toString(16).padStart(7, "0")}=`;
    await client.send(new PostToConnectionCommand({ ConnectionId: id, Data: message }));
    count.posts += 1;
  }
}

async function keepPosting(lastsS) {
  const count = { posts: 0 };
  const begunMs = performance.now();
  const begunCpu = process.cpuUsage();
  const untilMs = begunMs + lastsS * 1000;
  await Promise.all(Array.from({ length: Number(concurrency) }, () => oneAfterAnother(count, untilMs)));
  const cpu = process.cpuUsage(begunCpu);
  return { ...count, seconds: (performance.now() - begunMs) / 1000, cpu_s: (cpu.user + cpu.system) / 1e6 };
}

await keepPosting(Number(warmUpS));
console.log(JSON.stringify(await keepPosting(Number(seconds))));
process.exit(0);
