// Node-RED with one flow: a ring of nodes that each set a property, and one message that goes round for so many
// milliseconds. Prints how many nodes a second it has passed.
//
// chain.js MILLISECONDS
"use strict";

const fs = require("node:fs");
const http = require("node:http");
const os = require("node:os");
const path = require("node:path");
const RED = require("node-red");

const CHAIN = 100;
const duration = Number(process.argv[2]);
const round = { count: 0 };

const node = (number) => ({
    id: `n${number}`,
    type: "change",
    z: "flow",
    rules: [{ t: "set", p: "payload", pt: "msg", to: String(number), tot: "num" }],
    wires: [[number + 1 === CHAIN ? "counter" : `n${number + 1}`]],
});
const counter = {
    id: "counter",
    type: "function",
    z: "flow",
    func: 'global.get("round").count++; return msg;',
    outputs: 1,
    wires: [["n0"]],
};
const flow = [{ id: "flow", type: "tab" }, counter, ...Array.from({ length: CHAIN }, (_, number) => node(number))];

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "node-red-"));
fs.writeFileSync(path.join(folder, "flows.json"), JSON.stringify(flow));
RED.init(http.createServer(), {
    userDir: folder,
    flowFile: "flows.json",
    httpAdminRoot: false,
    httpNodeRoot: false,
    functionGlobalContext: { round },
    telemetry: { enabled: false },
    logging: { console: { level: "error", metrics: false, audit: false } },
});

const end = (code) => {
    fs.rmSync(folder, { recursive: true, force: true });
    process.exit(code);
};

RED.events.once("flows:started", () => {
    RED.nodes.getNode("n0").receive({ payload: 0 });
    // The first moments are the compiler's.
    setTimeout(() => {
        const [before, began] = [round.count, process.hrtime.bigint()];
        setTimeout(() => {
            const seconds = Number(process.hrtime.bigint() - began) / 1e9;
            console.log(JSON.stringify({ hops: Math.round(((round.count - before) * (CHAIN + 1)) / seconds) }));
            end(round.count > before ? 0 : 1);
        }, duration);
    }, duration / 2);
});
RED.start().catch((error) => {
    console.error(error);
    end(1);
});
