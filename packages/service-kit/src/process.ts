import { flushCompileCache } from "node:module";
import { hostname } from "node:os";
import type { z } from "zod";
import { type Bus, connectBus } from "./bus/bus.ts";
import {
  ConfigurationError,
  EXIT_CONFIGURATION,
  readConfiguration,
  type ServiceSettings,
} from "./configuration.ts";
import { messageOf } from "./errors.ts";
import { type HttpCertificate, readHttpCertificate } from "./http/certificate.ts";
import { createLog, type Log } from "./log.ts";
import type { Service } from "./service.ts";
import { startTelemetry, type Telemetry } from "./telemetry/telemetry.ts";

/** The parts from which a service is composed. */
export interface ProcessContext<Settings> {
  settings: Settings;
  instance: string;
  log: Log;
  /** Connects to NATS and waits for it. A service that works without the bus calls it in the background. */
  connectBus: () => Promise<Bus>;
  /** The reason why the bus has not been reached yet, for readiness. */
  busFault: () => string | undefined;
  /** The HTTPS certificate, or undefined for plain HTTP. */
  certificate: HttpCertificate | undefined;
  telemetry: Telemetry;
  /** Stops the process after the permanent loss of something that it needs. */
  fail: (error: Error) => void;
}

/** Seconds for a graceful shutdown, after which the process exits anyway. */
const STOP_SECONDS = 4;

/**
 * The life of a service process: read the configuration, compose, start, wait for a signal (or for the
 * end of standard input under a supervisor), stop in reverse order, exit.
 */
export async function runProcess<Schema extends z.ZodType<ServiceSettings>>(options: {
  service: string;
  settings: Schema;
  compose: (context: ProcessContext<z.output<Schema>>) => Promise<Service> | Service;
}): Promise<void> {
  const environment = process.env;
  const { settings, certificate } = readOrExit(options.service, options.settings, environment);
  const instance = settings.HONUA_INSTANCE ?? defaultInstance();
  const log = createLog({
    service: options.service,
    instance,
    level: settings.LOG_LEVEL,
    pretty: process.stdout.isTTY === true,
  });
  const telemetry = await startTelemetry({ service: options.service, instance, environment });
  const buses: Bus[] = [];
  let busFault: string | undefined;

  let stopping: Promise<void> | undefined;
  let service: Service | undefined;
  const stop = (why: string, code: number) => {
    stopping ??= (async () => {
      log.info(`Stopping: ${why}`);
      const deadline = setTimeout(() => process.exit(code || 1), STOP_SECONDS * 1_000);
      await service
        ?.stop()
        .catch((error: unknown) => log.warn({ err: error }, "Could not stop cleanly"));
      await Promise.allSettled(buses.map((bus) => bus.close()));
      await telemetry.stop().catch(() => undefined);
      clearTimeout(deadline);
      process.exit(code);
    })();
    return stopping;
  };
  const fail = (error: Error) => {
    log.error({ err: error }, error.message);
    void stop(error.message, 1);
  };

  process.on("SIGTERM", () => void stop("SIGTERM", 0));
  process.on("SIGINT", () => void stop("SIGINT", 0));
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", (reason) =>
    fail(new Error(messageOf(reason), { cause: reason })),
  );
  if (environment.HONUA_SUPERVISED === "1") {
    process.stdin.on("end", () => void stop("the supervisor has exited", 0)).resume();
  }

  try {
    service = await options.compose({
      settings,
      instance,
      log,
      telemetry,
      fail,
      certificate,
      busFault: () => busFault,
      connectBus: async () => {
        const bus = await connectBus({
          url: settings.NATS_URL,
          credentials: busCredentials(settings, options.service),
          tls: busTls(settings),
          topology: settings.NATS_TOPOLOGY,
          service: options.service,
          instance,
          log,
          onFault: (reason) => {
            busFault = reason;
          },
          onClosed: (error) =>
            fail(error ?? new Error("The message bus connection was closed permanently.")),
        });
        busFault = undefined;
        buses.push(bus);
        return bus;
      },
    });
    await service.start();
    // Written now, so that the cache survives even if the process is killed later.
    flushCompileCache();
  } catch (error) {
    fail(error instanceof Error ? error : new Error(String(error)));
  }
}

function busCredentials({ NATS_USER, NATS_PASSWORD }: ServiceSettings, service: string) {
  return NATS_PASSWORD === undefined
    ? undefined
    : { user: NATS_USER ?? service, pass: NATS_PASSWORD };
}

function busTls({ NATS_CA_FILE, NATS_CERT_FILE, NATS_KEY_FILE }: ServiceSettings) {
  if (NATS_CA_FILE === undefined) return undefined;
  return {
    caFile: NATS_CA_FILE,
    ...(NATS_CERT_FILE === undefined ? {} : { certFile: NATS_CERT_FILE }),
    ...(NATS_KEY_FILE === undefined ? {} : { keyFile: NATS_KEY_FILE }),
  };
}

function readOrExit<Schema extends z.ZodType<ServiceSettings>>(
  service: string,
  schema: Schema,
  environment: NodeJS.ProcessEnv,
): { settings: z.output<Schema>; certificate: HttpCertificate | undefined } {
  try {
    const settings = readConfiguration(schema, environment);
    return { settings, certificate: readHttpCertificate(settings) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`honua ${service}: ${error.message}\n`);
    process.exit(EXIT_CONFIGURATION);
  }
}

function defaultInstance(): string {
  const host = hostname().replaceAll(/[^A-Za-z0-9_-]/g, "-");
  return `${host}-${process.pid}`;
}
