// Asks the official JavaScript library about each vector on standard input, and answers with a list of outcomes.
// The clock of the process stands at the vector's moment, so that old vectors stay young.
"use strict";
const { Webhook, WebhookVerificationError } = require("standardwebhooks");

function outcome(secret, vector) {
  let webhook;
  try {
    webhook = new Webhook(secret);
  } catch {
    return "refused";
  }
  try {
    webhook.verify(Buffer.from(vector.body, "base64"), vector.headers);
    return "accepted";
  } catch (error) {
    return error instanceof WebhookVerificationError ? "refused" : "crashed";
  }
}

const vectors = JSON.parse(require("fs").readFileSync(0, "utf8"));
const answers = vectors.map((vector) => {
  Date.now = () => vector.now * 1000;
  const all = vector.secrets.map((secret) => outcome(secret, vector));
  return ["accepted", "crashed", "refused"].find((answer) => all.includes(answer));
});
process.stdout.write(JSON.stringify(answers));
