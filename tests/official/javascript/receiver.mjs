// A receiver as an integrator writes it after reading the README of the official JavaScript library: verify, take once, answer.
// Law: only the error that the library documents is told apart; whatever else it throws is answered 500, as web frameworks do.

import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import { isUtf8 } from "node:buffer";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET);
const taken = new Set();
const write = (line) => appendFileSync(process.env.WEBHOOK_JOURNAL, JSON.stringify(line) + "\n");

const remember = (event) => {
  const identity = event.id || event.data.import_batch_id;
  if (taken.has(identity)) return;
  write({ id: identity, data: event.data });
  taken.add(identity);
};

const take = (body, headers) => {
  try {
    remember(webhook.verify(body, headers));
    return 204;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return 401;
    throw error;
  }
};

// The same by somebody who read the findings: bounded, checked before and after the library, 4xx for whatever is not its event.
const takeWithCare = (body, headers) => {
  if (body.length > 1 << 20) return 413;
  if (!isUtf8(body)) return 400;
  let event;
  try {
    webhook.verify(body, headers, { jsonParse: false });
  } catch {
    return 401;
  }
  try {
    event = JSON.parse(body.toString());
  } catch {
    return 400;
  }
  if (event === null || typeof event !== "object" || Array.isArray(event)) return 400;
  remember(event);
  return 204;
};

const answer = async (request) => {
  if (request.method !== "POST") return 405;
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const chosen = process.argv.includes("--careful") ? takeWithCare : take;
  return chosen(Buffer.concat(chunks), request.headers);
};

const server = createServer((request, response) => {
  answer(request)
    .catch((error) => {
      write({ failed: request.headers["webhook-id"], error: error.name });
      return 500;
    })
    .then((status) => response.writeHead(status).end());
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
