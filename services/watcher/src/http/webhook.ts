import { createHmac, timingSafeEqual } from "node:crypto";
import { type createHttpService, HttpProblem } from "@honua/service-kit";

type Routes = NonNullable<Parameters<typeof createHttpService>[0]["routes"]>;

/** Largest body that is read, in bytes. */
const BODY_LIMIT = 256 * 1024;

/**
 * `POST /api/gitops/webhook/generic`, signed over the raw body with HMAC-SHA256 in
 * `X-Honua-Signature-256: sha256=<hex>`. A valid delivery has one effect, a poll; what the body
 * says is not looked at.
 */
export function webhookRoutes(options: { secret: string; onDelivery: () => void }): Routes {
  return (app) => {
    app.post("/api/gitops/webhook/generic", async (request, response) => {
      const body = await readBody(request);
      if (!isSigned(body, request.get("X-Honua-Signature-256"), options.secret)) {
        const detail = "The header X-Honua-Signature-256 does not fit the body and the secret.";
        throw new HttpProblem(401, "Not signed", detail, { code: "signature-refused" });
      }
      options.onDelivery();
      response.status(202).json({ accepted: true });
    });
  };
}

/** Whether `signature` (`sha256=<hex>`) was made over these bytes with this secret. */
export function isSigned(body: Uint8Array, signature: string | undefined, secret: string): boolean {
  const expected = createHmac("sha256", secret).update(body).digest();
  const given = /^sha256=([0-9a-f]{64})$/i.exec(signature ?? "")?.[1];
  return given !== undefined && timingSafeEqual(Buffer.from(given, "hex"), expected);
}

async function readBody(request: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_LIMIT) {
      const detail = `A delivery has at most ${BODY_LIMIT} bytes.`;
      throw new HttpProblem(413, "Too large", detail, { code: "body-too-large" });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
