import { type IdentityProvider, startIdentityProvider } from "@honua/testing/identity-provider";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { anEnvironment, aRequest, opened } from "../fixtures/deployment-fixtures.ts";
import { joinBus, type RunningState, startState } from "../fixtures/running-state.ts";
import { askState } from "../fixtures/state-api.ts";

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

test("whoever signs in at the identity provider may do what the groups allow", async () => {
  const environment = anEnvironment();
  const bus = await joinBus(nats.url);
  await opened(bus, aRequest(environment));
  await bus.close();
  const ask = async (person: keyof typeof people, path: string, body?: object) =>
    askState(state.url, path, {
      token: await provider.tokenFor(person),
      ...(body === undefined ? {} : { body }),
    });
  const pause = { reason: "the database moves" };

  expect(await ask("vera", `/environments/${environment}`)).toMatchObject({ status: 200 });
  expect(await ask("vera", `/environments/${environment}/pause`, pause)).toMatchObject({
    status: 403,
    answer: { detail: "'vera' lacks the role 'operator'." },
  });
  expect(await ask("olga", `/environments/${environment}/pause`, pause)).toMatchObject({
    status: 200,
    answer: { pause: { by: "user:olga", reason: pause.reason } },
  });
  expect(await ask("eve", `/environments/${environment}`)).toMatchObject({ status: 403 });
  const elsewhere = await provider.tokenFor("olga", "mail");
  expect(await askState(state.url, "/environments", { token: elsewhere })).toMatchObject({
    status: 401,
  });
  const anonymous = await fetch(`${state.url}/api/gitops/environments`);
  expect(anonymous.status).toBe(401);
  expect((await fetch(`${state.url}/health/ready`)).status).toBe(200);
});
