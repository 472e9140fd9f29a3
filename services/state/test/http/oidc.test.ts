import { type IdentityProvider, startIdentityProvider } from "@honua/testing/identity-provider";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  openNewDeployment,
  openRequest,
  uniqueEnvironment,
} from "../fixtures/deployment-fixtures.ts";
import { connectTestBus, type RunningState, startState } from "../fixtures/running-state.ts";
import { requestState } from "../fixtures/state-api.ts";

const people = {
  olga: { groups: ["operators"] },
  vera: { groups: ["everybody"] },
  eve: { groups: ["guests"] },
};

let provider: IdentityProvider;
let database: TestDatabase;
let nats: RunningNats;
let state: RunningState;

beforeAll(async () => {
  [provider, database, nats] = await Promise.all([
    startIdentityProvider(people),
    createDatabase(),
    startNats(),
  ]);
  state = await startState({
    databaseUrl: database.url,
    natsUrl: nats.url,
    oidc: {
      Issuer: provider.issuer,
      Audience: "honua",
      Roles: { operators: "operator", everybody: "viewer" },
    },
  });
});
afterAll(async () => {
  await state?.stop();
  await Promise.all([nats?.stop(), database?.drop(), provider?.stop()]);
});

test("grants roles by the groups of the identity provider's token", async () => {
  const environment = uniqueEnvironment();
  const bus = await connectTestBus(nats.url);
  await openNewDeployment(bus, openRequest(environment));
  await bus.close();
  const requestAs = async (person: keyof typeof people, path: string, body?: object) =>
    requestState(state.url, path, {
      token: await provider.tokenFor(person),
      ...(body === undefined ? {} : { body }),
    });
  const pause = { reason: "the database moves" };

  expect(await requestAs("vera", `/environments/${environment}`)).toMatchObject({ status: 200 });
  expect(await requestAs("vera", `/environments/${environment}/pause`, pause)).toMatchObject({
    status: 403,
    body: { detail: "'vera' lacks the role 'operator'." },
  });
  expect(await requestAs("olga", `/environments/${environment}/pause`, pause)).toMatchObject({
    status: 200,
    body: { pause: { by: "user:olga", reason: pause.reason } },
  });
  expect(await requestAs("eve", `/environments/${environment}`)).toMatchObject({ status: 403 });
  const elsewhere = await provider.tokenFor("olga", "mail");
  expect(await requestState(state.url, "/environments", { token: elsewhere })).toMatchObject({
    status: 401,
  });
  const anonymous = await fetch(`${state.url}/api/gitops/environments`);
  expect(anonymous.status).toBe(401);
  expect((await fetch(`${state.url}/health/ready`)).status).toBe(200);
});
