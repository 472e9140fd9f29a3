// Exits with 0 if the service in this container is healthy. PORT is the port of the service.
import { get as httpGet } from "node:http";
import { get as httpsGet } from "node:https";

const port = process.env.PORT ?? "5000";
const path = process.env.HONUA_HEALTH_PATH ?? "/health/live";
const encrypted = Boolean(process.env.HTTP_CERT_FILE);
// The certificate names the public host, but this request goes to the loopback interface.
const options = { host: "127.0.0.1", port, path, timeout: 3_000, rejectUnauthorized: false };

const request = (encrypted ? httpsGet : httpGet)(options, async (response) => {
  const ok = response.statusCode === 200;
  if (!ok)
    process.stderr.write(`${path} returned ${response.statusCode}: ${await bodyOf(response)}\n`);
  process.exit(ok ? 0 : 1);
});
request.on("timeout", () => request.destroy(new Error("no response within 3 seconds")));
request.on("error", (error) => {
  process.stderr.write(`${path} does not respond: ${error.message}\n`);
  process.exit(1);
});

async function bodyOf(response) {
  let body = "";
  for await (const chunk of response.setEncoding("utf8")) body += chunk;
  return body;
}
