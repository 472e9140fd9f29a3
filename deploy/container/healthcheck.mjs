// Exits 0 while the service in this container answers. PORT is what the service listens on.
const port = process.env.PORT ?? "5000";
const path = process.env.HONUA_HEALTH_PATH ?? "/health/live";
try {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    signal: AbortSignal.timeout(3_000),
  });
  if (!response.ok) process.stderr.write(`${path} answered ${await response.text()}\n`);
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  process.stderr.write(`${path} does not answer: ${error.message}\n`);
  process.exitCode = 1;
}
