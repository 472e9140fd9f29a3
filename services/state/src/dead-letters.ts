import type { recordDeadLetter } from "@honua/contracts";
import type { Clock, Log } from "@honua/service-kit";
import type { z } from "zod";
import type { Database } from "./database/database.ts";
import { storableText } from "./database/storable-text.ts";

/** Keeps a message that no attempt could handle; the same one twice is kept once. */
export async function keepDeadLetter(
  deps: { database: Database; clock: Clock; log: Log },
  letter: z.output<typeof recordDeadLetter.request>,
): Promise<void> {
  const { environment, consumer, subject, messageId, payload, error, deliveries } = letter;
  const stored = await deps.database.read((reader) =>
    reader
      .insertInto("dead_letters")
      .values({
        environment,
        consumer,
        subject,
        message_id: messageId,
        payload: storableText(payload),
        error_code: error.code,
        error_message: storableText(error.message),
        deliveries,
        at: deps.clock.now(),
      })
      .onConflict((conflict) => conflict.columns(["consumer", "message_id"]).doNothing())
      .returning("sequence")
      .executeTakeFirst(),
  );
  if (!stored) return;
  deps.log.error(
    { environment, consumer, subject, messageId, code: error.code },
    `Message ${messageId} was given up by ${consumer} after ${deliveries} deliveries: ${error.message}`,
  );
}
