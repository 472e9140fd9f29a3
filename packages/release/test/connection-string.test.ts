import { describe, expect, it } from "vitest";
import { holdsLiteralPassword, maskPasswords } from "../src/index.ts";

describe("a literal password", () => {
  it.each([
    [
      "Host=db;Username=u;Password=hunter2;Database=gis",
      "Host=db;Username=u;Password=***;Database=gis",
    ],
    ["Host=db; PWD = 'hun;ter2' ;Port=1", "Host=db; PWD = *** ;Port=1"],
    ["postgres://u:hunter2@db:5432/gis", "postgres://u:***@db:5432/gis"],
    ["postgresql://u:hun/te@r2@db/gis", "postgresql://u:***@db/gis"],
    ["postgres://db/gis?user=u&password=hunter2", "postgres://db/gis?user=u&password=***"],
    ["host=db password=hunter2", "host=db password=***"],
    ["Host=db;Password=x${SALT}", "Host=db;Password=***"],
  ])("is found and masked in %s", (text, masked) => {
    expect(holdsLiteralPassword(text)).toBe(true);
    expect(maskPasswords(text)).toBe(masked);
  });

  it.each([
    ["${DB_CONNECTION_STRING}"],
    ["Host=db;Username=u;Password=${DB_PASSWORD};Database=gis"],
    ['Host=db;Password="${DB_PASSWORD}"'],
    ["Host=db;Password="],
    ["Host=db;Username=u"],
    ["postgres://${DB_USER}:${DB_PASSWORD}@db:5432/gis"],
    ["postgres://${file:/run/secrets/user}:${file:/run/secrets/password}@db/gis"],
    ["postgres://u@db:5432/gis"],
    ["postgres://db:5432/gis"],
  ])("is not found in %s", (text) => {
    expect(holdsLiteralPassword(text)).toBe(false);
    expect(maskPasswords(text)).toBe(text);
  });
});
