import { expect, it } from "vitest";
import { resolveReferences, type SecretSource } from "../../src/datasource/secret-references.ts";

const source: SecretSource = {
  variable: (name) => ({ USER: "ana", NESTED: "${USER}", EMPTY: "" })[name],
  variableFile: (name) => ({ MOUNTED: "/run/secrets/db", USER: "/never/read" })[name],
  async file(path) {
    if (path === "/run/secrets/db") return "from file\n";
    throw Object.assign(new Error("no such file"), { code: "ENOENT" });
  },
};

it("replaces variables and files, but not references inside values", async () => {
  expect(await resolveReferences("a ${USER} ${file:/run/secrets/db} ${NESTED}", source)).toEqual({
    resolved: true,
    text: "a ana from file ${USER}",
  });
});

it("reports all missing references", async () => {
  const resolution = await resolveReferences("${NO} ${EMPTY} ${file:/no} ${a b} ${USER}", source);
  expect(resolution).toMatchObject({
    resolved: false,
    missing: [
      { reference: "${NO}" },
      { reference: "${EMPTY}" },
      { reference: "${file:/no}", why: "the file cannot be read (ENOENT)" },
      { reference: "${a b}" },
    ],
  });
});

it("reads an unset variable from the file of NAME_FILE", async () => {
  expect(await resolveReferences("${MOUNTED} ${USER}", source)).toEqual({
    resolved: true,
    text: "from file ana",
  });
});
