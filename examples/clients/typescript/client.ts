// A small client of Argonaut's REST API, of nothing but what Node brings. Its types are made of the host's
// description (`../generate.py`). Decimals are strings, as the API has them: give them to the library of
// decimals that you like, and never to `Number`.

import { setTimeout as sleep } from "node:timers/promises";
import type { AmendmentRequest, FillDto, OrderDto, OrderTicketRequest, StrategyDto } from "./rest.ts";

export type Strategy = StrategyDto;
export type Order = OrderDto;
export type Fill = FillDto;
export type Ticket = OrderTicketRequest;

const ROOT = "/api/v1";
const RETRIES = 2;
const PATIENCE_MS = 10_000;
const UNDER_WAY = "IDEMPOTENCY_KEY_IN_USE";
const UNDER_WAY_MS = 1_000;

/** The host said no: what is wrong, by which code, and where. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly field: string | undefined;

  constructor(status: number, body: { code?: string; detail?: string; field?: string }) {
    super(`${body.detail ?? "no reason given"} (${status} ${body.code ?? ""})`);
    this.status = status;
    this.code = body.code ?? "";
    this.field = body.field;
  }
}

/** A second person must agree: ask for the very same again with `approval` once they have. */
export class Waiting extends Error {
  readonly approval: string;

  constructor(id: string, operation: string) {
    super(`${operation} waits for a second person: ${id}`);
    this.approval = id;
  }
}

/** A running host. Without a key it must be one that does not ask who one is. */
export class Argonaut {
  readonly url: string;
  readonly key: string | undefined;

  constructor(url = "http://127.0.0.1:8080", key?: string) {
    this.url = url.replace(/\/+$/, "");
    this.key = key;
  }

  /** The host in `ARGONAUT_URL`, with the key in `ARGONAUT_API_KEY`. */
  static ofEnvironment(): Argonaut {
    return new Argonaut(process.env["ARGONAUT_URL"], process.env["ARGONAUT_API_KEY"]);
  }

  strategies(): Promise<Strategy[]> {
    return this.ask("GET", "/strategies");
  }

  /** Open orders, then the latest closed ones; `{status: "open"}` for open ones only. */
  orders(wanted: Record<string, string> = {}): Promise<Order[]> {
    return this.ask("GET", `/orders?${new URLSearchParams(wanted)}`);
  }

  order(id: string): Promise<Order> {
    return this.ask("GET", `/orders/${encodeURIComponent(id)}`);
  }

  fills(wanted: Record<string, string> = {}): Promise<Fill[]> {
    return this.ask("GET", `/fills?${new URLSearchParams(wanted)}`);
  }

  /** Places an order. One that the risk gate denies has status `DENIED` and a `deny_code`. */
  place(ticket: Ticket): Promise<Order> {
    return this.ask("POST", "/orders", ticket);
  }

  modify(id: string, changes: AmendmentRequest): Promise<Order> {
    return this.ask("PATCH", `/orders/${encodeURIComponent(id)}`, changes);
  }

  /** Asks for the cancellation; what becomes of it is told by the order's next states. */
  cancel(id: string): Promise<Order> {
    return this.ask("DELETE", `/orders/${encodeURIComponent(id)}`);
  }

  /**
   * Any request, below `/api/v1`. One whose connection was lost is sent again under the same key, until the
   * first is done.
   */
  async ask<T>(method: string, path: string, body?: unknown, approval?: string): Promise<T> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (this.key !== undefined) headers["x-api-key"] = this.key;
    if (method !== "GET") headers["idempotency-key"] = crypto.randomUUID();
    if (approval !== undefined) headers["x-approval"] = approval;
    if (body !== undefined) headers["content-type"] = "application/json";
    const text = body === undefined ? null : JSON.stringify(body);
    // A write that followed a redirect would arrive as a read, with the key, at whoever is there.
    const redirect = "manual";
    const begin = Date.now();
    for (let sentAgain = 0; ; ) {
      try {
        const signal = AbortSignal.timeout(PATIENCE_MS);
        const asked = { method, headers, body: text, signal, redirect } as const;
        const answer = await fetch(this.url + ROOT + path, asked);
        if (answer.status >= 300 && answer.status < 400) {
          const detail = `what answers sends elsewhere, to ${answer.headers.get("location")}`;
          throw new Problem(answer.status, { detail });
        }
        return read<T>(answer.status, await answer.text());
      } catch (error) {
        // The first one was heard, and is not over.
        const isUnderWay = error instanceof Problem && error.code === UNDER_WAY && sentAgain > 0;
        if (isUnderWay && Date.now() - begin < PATIENCE_MS) {
          await sleep(UNDER_WAY_MS);
          continue;
        }
        if (!isLost(error) || sentAgain === RETRIES) throw error;
        sentAgain += 1;
        await sleep(100 * sentAgain);
      }
    }
  }
}

/** Whether the host may or may not have done it: `fetch` says so of connections that broke. */
function isLost(error: unknown): boolean {
  if (!(error instanceof TypeError)) return false;
  const cause = error.cause as { code?: string } | undefined;
  return cause?.code !== "ECONNREFUSED";
}

/** What problems and approvals have. */
type Fields = {
  code?: string;
  detail?: string;
  field?: string;
  id?: string;
  operation?: string;
  asked_by?: string;
};

function read<T>(status: number, text: string): T {
  let body: unknown = null;
  try {
    body = JSON.parse(text);
  } catch {
    // An answer without a body, or of what is no host.
  }
  const fields = (body ?? {}) as Fields;
  if (status >= 300) throw new Problem(status, fields);
  if (status === 202 && fields.asked_by !== undefined) {
    throw new Waiting(fields.id ?? "", fields.operation ?? "");
  }
  return body as T;
}
