import { randomUUID } from "node:crypto";
import type { CallDefinition } from "@honua/contracts";
import {
  type Bus,
  connectBus,
  createLog,
  type HttpService,
  hashToken,
  systemClock,
} from "@honua/service-kit";
import type { z } from "zod";
import { createStateService } from "../src/service.ts";
import { stateSettings } from "../src/settings.ts";

export const log = createLog({ service: "test", instance: "test", level: "silent" });

export const TOKENS = {
  viewer: "viewer-token-of-the-tests",
  operator: "operator-token-of-the-tests",
  admin: "admin-token-of-the-tests",
} as const;

/** A bus as another service would have it. */
export function joinBus(url: string, service = "test"): Promise<Bus> {
  return connectBus({
    url,
    service,
    instance: randomUUID(),
    log,
    onClosed: () => undefined,
  });
}

export interface RunningState {
  http: HttpService;
  url: string;
  stop(): Promise<void>;
}

/** The state service on a random port. */
export async function startState(options: {
  databaseUrl: string;
  natsUrl: string;
  stateDirectory?: string;
  events?: Record<string, number>;
  migrations?: "apply" | "expect";
  oidc?: object;
}): Promise<RunningState> {
  let bus: Bus | undefined;
  const settings = stateSettings.parse({
    DATABASE_URL: options.databaseUrl,
    DATABASE_MIGRATIONS: options.migrations,
    PORT: 0,
    HOST: "127.0.0.1",
    GitOps: {
      StateDirectory: options.stateDirectory,
      Events: options.events ?? {},
      Oidc: options.oidc,
      Tokens: [
        { Subject: "vera@example.com", Sha256: hashToken(TOKENS.viewer), Roles: ["viewer"] },
        { Subject: "oscar@example.com", Sha256: hashToken(TOKENS.operator), Roles: ["operator"] },
        { Subject: "ada@example.com", Sha256: hashToken(TOKENS.admin), Roles: ["admin"] },
      ],
    },
  });
  const http = createStateService({
    settings,
    instance: `state-${randomUUID()}`,
    log,
    clock: systemClock,
    connectBus: async () => {
      bus = await joinBus(options.natsUrl, "state");
      return bus;
    },
  });
  await http.start();
  return {
    http,
    url: `http://127.0.0.1:${http.port()}`,
    async stop() {
      await http.stop();
      await bus?.close();
    },
  };
}

/** The answer to a call, or the error that it was refused with. */
export async function outcomeOf<Request extends z.ZodType, Response extends z.ZodType>(
  bus: Bus,
  call: CallDefinition<Request, Response>,
  request: z.input<Request>,
): Promise<{ value: z.output<Response> } | { error: Error & { code?: string } }> {
  try {
    return { value: await bus.call(call, request) };
  } catch (error) {
    return { error: error as Error & { code?: string } };
  }
}

/** The code that a call was refused with. */
export function codeOf(outcome: object): string | undefined {
  return "error" in outcome ? (outcome.error as { code?: string }).code : undefined;
}
