// Follows channels of Argonaut's WebSocket, over lost connections too.
//
// A channel begins with a snapshot: what there is. Updates follow. After a lost connection the host is asked to
// go on where this client was; where it cannot, it says so (`gap`) and sends another snapshot, which takes the
// place of all that is known of the channel. Who follows needs to handle these two kinds only.

import { setTimeout as sleep } from "node:timers/promises";
import type { Argonaut } from "./client.ts";
import { CONFLATED } from "./messages.ts";
import type * as told from "./messages.ts";

/** The host has a heartbeat every 15 s. */
const SILENCE_MS = 45_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/** All that there is of a channel, or one change of it. */
export type Event<T> =
  | { kind: "snapshot"; channel: string; data: T[] }
  | { kind: "update"; channel: string; data: T };

/** The host does not take a subscription, or does not know who asks. */
export class Refused extends Error {}

type Message =
  | told.Hello
  | told.Snapshot
  | told.Update
  | told.Gap
  | told.Error
  | told.Bye
  | told.Ack
  | told.Pong
  | told.Heartbeat;

/** Where a client is: in which run of the host, and in each channel. */
type Place = { epoch: string | undefined; at: Map<string, number> };

/** Follows channels, such as `orders` and `fills`, without an end; throws `Refused`. */
export async function* follow<T>(host: Argonaut, channels: string[]): AsyncGenerator<Event<T>> {
  const place: Place = { epoch: undefined, at: new Map() };
  let wait = FIRST_WAIT_MS;
  for (;;) {
    for await (const event of connection<T>(host, channels, place)) {
      wait = FIRST_WAIT_MS;
      yield event;
    }
    await sleep(wait);
    wait = Math.min(2 * wait, LONGEST_WAIT_MS);
  }
}

/** What one connection tells; ends where it is lost. */
async function* connection<T>(host: Argonaut, channels: string[], place: Place): AsyncGenerator<Event<T>> {
  const socket = new WebSocket(`${host.url.replace(/^http/, "ws")}/ws`);
  try {
    for await (const message of messages(socket, host.key)) {
      switch (message.type) {
        case "hello":
          begin(socket, channels, place, message.run);
          break;
        case "snapshot":
          place.at.set(message.channel, message.sequence);
          yield { kind: "snapshot", channel: message.channel, data: message.data as unknown as T[] };
          break;
        case "update":
          place.at.set(message.channel, message.sequence);
          yield { kind: "update", channel: message.channel, data: message.data as unknown as T };
          break;
        case "gap":
          // The host cannot go on where we were; a snapshot follows.
          if (message.channel) place.at.delete(message.channel);
          break;
        case "error":
          // A host without identity wonders why somebody says who they are.
          if (host.key !== undefined && (message.id ?? null) === null) break;
          throw new Refused(`${message.reason} (${message.code})`);
        case "bye":
          if (message.code === "UNAUTHENTICATED") throw new Refused(message.reason);
          return;
        default:
      }
    }
  } finally {
    socket.close();
  }
}

function begin(socket: WebSocket, channels: string[], place: Place, run: string): void {
  if (run !== place.epoch) {
    // Another run counts anew.
    place.epoch = run;
    place.at.clear();
  }
  channels.forEach((channel, index) => {
    const sequence = CONFLATED.includes(channel) ? undefined : place.at.get(channel);
    const resume = sequence === undefined ? undefined : { epoch: run, sequence };
    socket.send(JSON.stringify({ op: "subscribe", id: index + 1, channel, resume }));
  });
}

/** The messages of a connection, until it closes or is silent. */
async function* messages(socket: WebSocket, key: string | undefined): AsyncGenerator<Message> {
  const waiting: Message[] = [];
  let isOver = false;
  let wake = (): void => {};
  const end = (): void => {
    isOver = true;
    wake();
  };
  socket.onopen = () => {
    if (key !== undefined) socket.send(JSON.stringify({ op: "authenticate", token: key }));
  };
  socket.onmessage = (event) => {
    waiting.push(JSON.parse(String(event.data)) as Message);
    wake();
  };
  socket.onclose = end;
  socket.onerror = end;
  for (;;) {
    const next = waiting.shift();
    if (next !== undefined) {
      yield next;
      continue;
    }
    if (isOver) return;
    const silence = setTimeout(end, SILENCE_MS);
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
    clearTimeout(silence);
  }
}
