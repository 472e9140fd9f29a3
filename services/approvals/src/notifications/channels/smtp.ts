import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { messageOf, PermanentError, TransientError } from "@honua/service-kit";
import type { Transporter } from "nodemailer";
import type { SettingsOf } from "../channel-settings.ts";
import { plainText } from "../plain-text.ts";
import { type Channel, SEND_TIMEOUT_MS } from "./channel.ts";

/** Sends mail through a server. With `starttls`, nothing is sent to a server that does not support it. */
export function createSmtpChannel(settings: SettingsOf<"smtp">): Channel {
  const { Host, Port, From, To, Password } = settings;
  let transport: Transporter | undefined;
  return {
    skipsSuperseded: false,
    secrets: Password ? [Password, Buffer.from(Password).toString("base64")] : [],
    async send(notification) {
      try {
        transport ??= await openTransport(settings);
        await transport.sendMail({
          from: From,
          to: To,
          subject: `[honua] ${notification.title}`,
          text: plainText(notification),
          messageId: messageId(notification.id, From),
          headers: { "Auto-Submitted": "auto-generated" },
        });
      } catch (cause) {
        const message = `${Host}:${Port}: ${messageOf(cause)}`;
        throw isPermanentRejection(cause)
          ? new PermanentError("notification-refused", message)
          : new TransientError("channel-refused", message);
      }
    },
  };
}

/**
 * Whether the server rejected this message permanently (RFC 5321, 4.2.1: a 5yz reply). A wrong password
 * or a missing certificate can be fixed; the waiting notifications are sent afterwards.
 */
function isPermanentRejection(cause: unknown): boolean {
  const { responseCode = 0, command = "" } = cause as { responseCode?: number; command?: string };
  return responseCode >= 500 && ["MAIL FROM", "RCPT TO", "DATA"].includes(command);
}

/** Imports nodemailer on first use, because it is the largest library of this service. */
async function openTransport(settings: SettingsOf<"smtp">): Promise<Transporter> {
  const { Host, Port, Tls, CaFile, Username, Password } = settings;
  const { createTransport } = await import("nodemailer");
  return createTransport({
    host: Host,
    port: Port,
    secure: Tls === "implicit",
    requireTLS: Tls === "starttls",
    ignoreTLS: Tls === "none",
    ...(CaFile ? { tls: { ca: await readFile(CaFile, "utf8") } } : {}),
    ...(Username && Password ? { auth: { user: Username, pass: Password } } : {}),
    connectionTimeout: SEND_TIMEOUT_MS,
    greetingTimeout: SEND_TIMEOUT_MS,
    socketTimeout: SEND_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** The same id for the same notification, so that mail clients show a repeated mail once. */
function messageId(id: string, from: string): string {
  const domain = /@([A-Za-z0-9.-]+)/.exec(from)?.[1] ?? "honua.invalid";
  return `<${createHash("sha256").update(id).digest("hex").slice(0, 32)}@${domain}>`;
}
