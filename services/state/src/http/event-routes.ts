import { eventsQuery } from "@honua/contracts";
import { principalOf, requireRole } from "@honua/service-kit";
import { Router } from "express";
import type { EventFeed } from "../event-stream/event-feed.ts";
import { resumePosition } from "../event-stream/event-id.ts";
import { streamEvents } from "../event-stream/stream-events.ts";
import { StreamLimiter } from "../event-stream/stream-limiter.ts";
import type { StateSettings } from "../settings.ts";
import type { OperatorApiDeps } from "./operator-api-deps.ts";

export interface EventRouteDeps extends OperatorApiDeps {
  feed: EventFeed;
  events: StateSettings["GitOps"]["Events"];
  /** Aborts when the process stops: the streams end, and the clients reconnect to another process. */
  stopping: AbortSignal;
}

/** `GET /events`: the event stream, as server-sent events that a client can resume. */
export function eventRoutes(deps: EventRouteDeps): Router {
  const { database, feed, events, stopping, log } = deps;
  const router = Router();
  const limiter = new StreamLimiter({
    total: events.MaxStreams,
    perSubject: events.MaxStreamsPerSubject,
  });

  router.get("/events", requireRole(deps.tokens, "viewer"), async (request, response) => {
    const filter = eventsQuery.parse(request.query);
    const { subject } = principalOf(response);
    const release = limiter.acquire(subject);
    const disconnected = new AbortController();
    response.on("close", () => disconnected.abort());
    response.on("error", () => disconnected.abort());
    try {
      const head = await feed.head();
      const lastId = request.get("last-event-id");
      const after = lastId
        ? resumePosition(lastId, head)
        : filter.since === undefined
          ? head.position
          : head.prunedThrough;
      response.status(200).set({
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-store",
        // Otherwise nginx buffers the events.
        "X-Accel-Buffering": "no",
      });
      response.flushHeaders();
      // The lifetime is limited, so that the client is authenticated again.
      const lifetime = AbortSignal.timeout(events.MaxStreamMinutes * 60_000);
      const end = await streamEvents(
        response,
        { database, feed, log },
        {
          filter,
          epoch: head.epoch,
          after,
          heartbeatMs: events.HeartbeatSeconds * 1_000,
          slowestMs: events.SlowClientSeconds * 1_000,
          signal: AbortSignal.any([disconnected.signal, stopping, lifetime]),
        },
      );
      if (end === "too-slow") {
        log.warn(
          { subject },
          `Disconnected the event stream of ${subject}: the client reads too slowly`,
        );
        response.destroy();
      } else response.end();
    } finally {
      release();
    }
  });

  return router;
}
