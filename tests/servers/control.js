"use strict";

// The control protocol of README.md in this folder, for Node.js servers of any Socket.IO version: options, log, commands.
// It knows no Socket.IO; what differs between the versions is handed to `run`.

const readline = require("node:readline");

/** Writes one line of the log. A pipe's write is synchronous here, so nothing is lost at an exit. */
function log(entry) {
  process.stdout.write(JSON.stringify(entry) + "\n");
}

/** Says what is wrong and ends: a test that asks for the impossible has to fail loudly. */
function fail(message) {
  log({ on: "problem", message });
  process.exit(2);
}

/** `--name VALUE` pairs: whole numbers, but texts where the default is one. `more` are the defaults of one version. */
function parseOptions(more) {
  const words = process.argv.slice(2);
  const options = {
    host: "127.0.0.1",
    port: 0,
    "ping-interval": 25000,
    "ping-timeout": 20000,
    "max-payload": 1000000,
    ...more,
  };
  for (let i = 0; i < words.length; i += 2) {
    const name = words[i].replace(/^--/, "");
    const isText = typeof options[name] === "string";
    const value = isText ? words[i + 1] : Number(words[i + 1]);
    const isGood = isText ? value !== undefined : Number.isInteger(value);
    if (!words[i].startsWith("--") || !(name in options) || !isGood) {
      fail(`unknown option or bad value: ${words.slice(i, i + 2).join(" ")}`);
    }
    options[name] = value;
  }
  return options;
}

/** Bytes at any depth become {"base64": "…"}. */
function toLog(value) {
  if (Buffer.isBuffer(value)) return { base64: value.toString("base64") };
  if (Array.isArray(value)) return value.map(toLog);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toLog(inner)]));
}

/** {"base64": "…"} at any depth becomes bytes. */
function fromCommand(value) {
  if (Array.isArray(value)) return value.map(fromCommand);
  if (value === null || typeof value !== "object") return value;
  const keys = Object.keys(value);
  if (keys.length === 1 && typeof value.base64 === "string") return Buffer.from(value.base64, "base64");
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fromCommand(inner)]));
}

/** Logs a client that joined a namespace. */
function greet(socket, auth) {
  const namespace = socket.nsp.name;
  const { query, headers } = socket.handshake;
  log({ on: "connect", namespace, sid: socket.id, auth: toLog(auth), query, headers });
  socket.on("disconnect", (reason) => log({ on: "disconnect", namespace, sid: socket.id, reason }));
}

/** Logs the pings of clients that speak Engine.IO 3; later ones do not ping. */
function logPings(io) {
  io.engine.on("connection", (connection) => {
    connection.on("packet", ({ type }) => {
      if (type === "ping") log({ on: "ping" });
    });
  });
}

let thirds = 0;

/** Logs an event and answers it as agreed. The last of `args` may be the acknowledgement. */
function handleEvent(socket, name, args) {
  const ack = typeof args.at(-1) === "function" ? args.pop() : undefined;
  log({ on: "event", namespace: socket.nsp.name, sid: socket.id, name, args: toLog(args) });
  if (name === "echo") socket.emit("echo", ...args);
  // Each third one is acknowledged, whoever sends it.
  const isDeaf = name === "third" && (thirds += 1) % 3 !== 0;
  if (ack && !isDeaf) ack(...(name === "echo" ? args : []));
}

/** Why `/admin` refuses. */
function refusal() {
  const error = new Error("not authorized");
  error.data = { code: 401 };
  return error;
}

const FLOOD_STEP = 500;

/**
 * Listens, and obeys stdin. `socketsOf(namespace)` gives those connected in a namespace without creating it,
 * `disconnectAll(close)` ends them all. `more` are commands of one version.
 */
function run(server, { host, port }, { socketsOf, disconnectAll, more = {} }) {
  function clients(namespace) {
    const sockets = socketsOf(namespace);
    if (sockets.length === 0) log({ on: "nobody", namespace });
    return sockets;
  }

  /** Sends events in steps, so that heartbeats and commands get their turn. */
  function flood({ namespace, name, count, size }, sent = 0) {
    const end = Math.min(count, sent + FLOOD_STEP);
    const sockets = clients(namespace);
    for (let i = sent; i < end; i += 1) {
      const text = `${i} `.padEnd(size, "x").slice(0, size);
      for (const socket of sockets) socket.emit(name, text);
    }
    if (end < count) setImmediate(flood, { namespace, name, count, size }, end);
    else log({ on: "flooded", namespace, name, count });
  }

  const commands = {
    emit({ namespace, name, args }) {
      for (const socket of clients(namespace)) socket.emit(name, ...fromCommand(args));
    },
    ask({ namespace, name, args }) {
      for (const socket of clients(namespace)) {
        socket.emit(name, ...fromCommand(args), (...answer) => {
          log({ on: "ack", namespace, sid: socket.id, name, args: toLog(answer) });
        });
      }
    },
    flood: (command) => flood(command),
    disconnect_clients: ({ close }) => disconnectAll(close),
    quit: () => process.exit(0),
    ...more,
  };

  function handleLine(line) {
    if (line.trim() === "") return;
    let command;
    try {
      command = JSON.parse(line);
    } catch (error) {
      fail(`not JSON: ${line}: ${error.message}`);
    }
    if (!Object.hasOwn(commands, command.do)) fail(`unknown command: ${line}`);
    commands[command.do](command);
  }

  process.on("uncaughtException", (error) => fail(error.stack));
  server.on("error", (error) => fail(error.message));
  server.on("listening", () => log({ listening: server.address().port }));
  server.listen(port, host);
  readline
    .createInterface({ input: process.stdin })
    .on("line", handleLine)
    .on("close", () => process.exit(0));
}

module.exports = { fromCommand, greet, handleEvent, log, logPings, parseOptions, refusal, run };
