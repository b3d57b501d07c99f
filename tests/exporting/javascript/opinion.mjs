// Says what other tools find in documents: one JSON line for each file, {"file", "found": [{"rule", "message", "at"}], "events"}.
import fs from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [home, kind, ...files] = process.argv.slice(2);
const beside = createRequire(pathToFileURL(`${home}/`));

async function openapi() {
  const { createConfig, lintFromString } = beside("@redocly/openapi-core");
  const config = await createConfig({ extends: ["recommended-strict"] });
  return async (file, source) => {
    const problems = await lintFromString({ source, absoluteRef: file, config });
    const found = problems.map((each) => ({ rule: each.ruleId, message: each.message, at: each.location[0]?.pointer ?? "" }));
    return { found, events: Object.keys(JSON.parse(source).webhooks).length };
  };
}

async function asyncapi() {
  const { Parser } = beside("@asyncapi/parser");
  const parser = new Parser();
  return async (file, source) => {
    const { document, diagnostics } = await parser.parse(source, { source: file });
    const found = diagnostics.map((each) => ({ rule: each.code, message: each.message, at: each.path.join("/") }));
    const names = document ? document.operations().filterBySend().flatMap((each) => each.messages().all().map((told) => told.name())) : [];
    return { found, events: names.length };
  };
}

const opinion = await { openapi, asyncapi }[kind]();
for (const file of files) {
  console.log(JSON.stringify({ file, ...(await opinion(file, fs.readFileSync(file, "utf8"))) }));
}
