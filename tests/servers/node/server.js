"use strict";

// The official Socket.IO server under the control protocol of tests/servers/README.md.
// It adds no behaviour of its own beyond what that page lists.

const fs = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const readline = require("node:readline");
const { Server } = require("socket.io");

/** Writes one line of the log. A pipe's write is synchronous here, so nothing is lost at an exit. */
function log(entry) {
  process.stdout.write(JSON.stringify(entry) + "\n");
}

/** Says what is wrong and ends: a test that asks for the impossible has to fail loudly. */
function fail(message) {
  log({ on: "problem", message });
  process.exit(2);
}

/** `--name VALUE` pairs: whole numbers, but texts where the default is one. */
function parseOptions(words) {
  const options = {
    host: "127.0.0.1",
    port: 0,
    "ping-interval": 25000,
    "ping-timeout": 20000,
    "max-payload": 1000000,
    "tls-certificate": "",
    "tls-key": "",
    "tls-client-ca": "",
    "tls-max-version": "TLSv1.3",
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

const options = parseOptions(process.argv.slice(2));

/** With a certificate it speaks https; with a CA it demands client certificates. */
function createServer() {
  if (options["tls-certificate"] === "") return http.createServer();
  const clientCa = options["tls-client-ca"];
  const server = https.createServer({
    cert: fs.readFileSync(options["tls-certificate"]),
    key: fs.readFileSync(options["tls-key"]),
    maxVersion: options["tls-max-version"],
    ...(clientCa === "" ? {} : { ca: fs.readFileSync(clientCa), requestCert: true }),
  });
  server.on("tlsClientError", (error) => log({ on: "tls_error", code: error.code }));
  return server;
}

const server = createServer();
const io = new Server(server, {
  pingInterval: options["ping-interval"],
  pingTimeout: options["ping-timeout"],
  maxHttpBufferSize: options["max-payload"],
});

function handleConnection(socket) {
  const namespace = socket.nsp.name;
  const { auth, query, headers } = socket.handshake;
  log({ on: "connect", namespace, sid: socket.id, auth: toLog(auth), query, headers });
  socket.on("disconnect", (reason) => log({ on: "disconnect", namespace, sid: socket.id, reason }));
  socket.onAny((name, ...args) => {
    const ack = typeof args.at(-1) === "function" ? args.pop() : undefined;
    log({ on: "event", namespace, sid: socket.id, name, args: toLog(args) });
    if (name === "echo") socket.emit("echo", ...args);
    if (ack) ack(...(name === "echo" ? args : []));
  });
}

function requireSecret(socket, next) {
  if (socket.handshake.auth.token === "secret") return next();
  const refusal = new Error("not authorized");
  refusal.data = { code: 401 };
  next(refusal);
}

io.on("connection", handleConnection);
io.of("/admin").use(requireSecret).on("connection", handleConnection);
io.of(/^\/room-.+$/).on("connection", handleConnection);

/** Those connected in a namespace. Looking a namespace up with `io.of` would create it. */
function socketsOf(namespace) {
  const sockets = [...(io._nsps.get(namespace)?.sockets.values() ?? [])];
  if (sockets.length === 0) log({ on: "nobody", namespace });
  return sockets;
}

const FLOOD_STEP = 500;

/** Sends `left` events in steps, so that heartbeats and commands get their turn. */
function flood({ namespace, name, count, size }, sent = 0) {
  const end = Math.min(count, sent + FLOOD_STEP);
  const sockets = socketsOf(namespace);
  for (let i = sent; i < end; i += 1) {
    const text = `${i} `.padEnd(size, "x").slice(0, size);
    for (const socket of sockets) socket.emit(name, text);
  }
  if (end < count) setImmediate(flood, { namespace, name, count, size }, end);
  else log({ on: "flooded", namespace, name, count });
}

const commands = {
  emit({ namespace, name, args }) {
    for (const socket of socketsOf(namespace)) socket.emit(name, ...fromCommand(args));
  },
  ask({ namespace, name, args }) {
    for (const socket of socketsOf(namespace)) {
      socket.emit(name, ...fromCommand(args), (...answer) => {
        log({ on: "ack", namespace, sid: socket.id, name, args: toLog(answer) });
      });
    }
  },
  flood: (command) => flood(command),
  disconnect_clients({ close }) {
    for (const namespace of io._nsps.values()) namespace.disconnectSockets(close);
  },
  quit: () => process.exit(0),
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
server.listen(options.port, options.host);
readline
  .createInterface({ input: process.stdin })
  .on("line", handleLine)
  .on("close", () => process.exit(0));
