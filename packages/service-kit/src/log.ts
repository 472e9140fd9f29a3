import { trace } from "@opentelemetry/api";
import pino, { type Logger } from "pino";

export type Log = Logger;

/** Keys whose values are redacted. */
const SECRETS = ["password", "token", "secret", "authorization", "connectionString", "sshKey"];

/** Creates a log: JSON lines, or readable lines on a terminal. ERROR means that a person must act. */
export function createLog(options: {
  service: string;
  instance: string;
  level: string;
  pretty?: boolean;
  /** Standard output by default. */
  destination?: pino.DestinationStream;
}): Log {
  const paths = SECRETS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);
  const settings: pino.LoggerOptions = {
    level: options.level,
    base: { service: options.service, instance: options.instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: () => {
      const span = trace.getActiveSpan()?.spanContext();
      return span ? { traceId: span.traceId } : {};
    },
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths, censor: "[redacted]" },
    ...(options.pretty
      ? { transport: { target: "pino-pretty", options: { ignore: "pid,hostname,instance" } } }
      : {}),
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}
