import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConnectionString } from "../../src/datasource/connection-string.ts";
import { ConnectionStringError } from "../../src/datasource/connection-target.ts";

describe("a .NET connection string", () => {
  it("accepts any case and synonym of keywords", () => {
    expect(
      parseConnectionString(
        "Host=prod-db;Port=6543;Database=gis;Username=honua;Password=secretpass;SSL Mode=VerifyFull",
      ),
    ).toEqual({
      host: "prod-db",
      port: 6543,
      database: "gis",
      user: "honua",
      password: "secretpass",
      tls: "verify-full",
    });
    expect(
      parseConnectionString("server = db ; User Id = u ; pwd = p ; sslmode = require ;"),
    ).toEqual({ host: "db", port: 5432, database: "u", user: "u", password: "p", tls: "require" });
  });

  it("accepts quoted values with a semicolon or a quote", () => {
    const of = (password: string) =>
      parseConnectionString(`Host=h;Username=u;Password=${password};Database=d`).password;
    expect(of('"a;b""c"')).toBe('a;b"c');
    expect(of("'a;b''c'")).toBe("a;b'c");
    expect(of("a=b c")).toBe("a=b c");
  });

  it("uses pool size and timeouts, and ignores other keywords", () => {
    const target = parseConnectionString(
      "Host=h;Username=u;Timeout=7;Command Timeout=20;Maximum Pool Size=4;Minimum Pool Size=2;Pooling=true;Keepalive=30",
    );
    expect(target).toMatchObject({
      connectTimeoutSeconds: 7,
      statementTimeoutSeconds: 20,
      maxConnections: 4,
    });
  });

  it("is rejected without quoting its content", () => {
    const failures = [
      "hunter2",
      "Host=h;Username=u;Pasword=hunter2",
      "Host=h;Password=hunter2",
      "Host=h;Username=u;Password=hunter2;Port=many",
      "Host=h;Username=u;Password=hunter2;SSL Mode=maybe",
    ].map((text) => {
      try {
        parseConnectionString(text);
        return "accepted";
      } catch (error) {
        expect(error).toBeInstanceOf(ConnectionStringError);
        return (error as Error).message;
      }
    });
    expect(failures.join()).not.toContain("hunter2");
    expect(failures[1]).toContain("'Password'");
    expect(failures[2]).toContain("Username is missing");
  });

  it("parses any quoted password", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (password) => {
        const text = `Host=h;Username=u;Password="${password.replaceAll('"', '""')}";Port=1`;
        expect(parseConnectionString(text)).toMatchObject({ password, port: 1 });
      }),
    );
  });
});

describe("a postgres:// URL", () => {
  it("is parsed with escapes and parameters", () => {
    expect(
      parseConnectionString(
        "postgresql://u%40x:p%3Aw@db.example.org:6432/g%20is?sslmode=verify-ca&sslrootcert=/ca.pem",
      ),
    ).toEqual({
      host: "db.example.org",
      port: 6432,
      database: "g is",
      user: "u@x",
      password: "p:w",
      tls: "verify-ca",
      rootCertificate: "/ca.pem",
    });
    expect(parseConnectionString("postgres://u@[::1]")).toMatchObject({
      host: "::1",
      database: "u",
    });
  });

  it.each([
    "postgres://",
    "postgres://host/db",
    "postgres://u:%zz@h/d",
    "postgres://u@h/d?sslmode=x",
  ])("is refused when it is %s", (text) => {
    expect(() => parseConnectionString(text)).toThrow(ConnectionStringError);
  });
});
