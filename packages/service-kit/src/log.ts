import { trace } from "@opentelemetry/api";
import pino, { type Logger } from "pino";

export type Log = Logger;

/** Keys whose value never reaches a log line. */
const SECRETS = ["password", "token", "secret", "authorization", "connectionString", "sshKey"];

/** JSON on a pipe, readable lines on a terminal. ERROR means that a person must act. */
export function createLog(options: {
  service: string;
  instance: string;
  level: string;
  pretty?: boolean;
  /** Where the lines go; standard output unless told. */
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
