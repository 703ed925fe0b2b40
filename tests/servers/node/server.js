"use strict";

// The official Socket.IO server under the control protocol of tests/servers/README.md.
// It adds no behaviour of its own beyond what that page lists.

const fs = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const { Server } = require("socket.io");
const { fromCommand, greet, handleEvent, log, logPings, parseOptions, refusal, run } = require("../control.js");

const options = parseOptions({
  "allow-eio3": 0,
  msgpack: 0,
  recovery: 0,
  "tls-certificate": "",
  "tls-key": "",
  "tls-client-ca": "",
  "tls-max-version": "TLSv1.3",
});

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
  allowEIO3: options["allow-eio3"] !== 0,
  ...(options.recovery === 0 ? {} : { connectionStateRecovery: {} }),
  ...(options.msgpack === 0 ? {} : { parser: require("socket.io-msgpack-parser") }),
});

function handleConnection(socket) {
  greet(socket, socket.handshake.auth);
  socket.onAny((name, ...args) => handleEvent(socket, name, args));
}

function requireSecret(socket, next) {
  next(socket.handshake.auth.token === "secret" ? undefined : refusal());
}

logPings(io);
io.on("connection", handleConnection);
io.of("/admin").use(requireSecret).on("connection", handleConnection);
io.of(/^\/room-.+$/).on("connection", handleConnection);

// Whoever asks for this one is cut off without an answer.
io.of("/hang-up").use((socket) => socket.conn.close(true));

run(server, options, {
  // Looking a namespace up with `io.of` would create it.
  socketsOf: (namespace) => [...(io._nsps.get(namespace)?.sockets.values() ?? [])],
  disconnectAll(close) {
    for (const namespace of io._nsps.values()) namespace.disconnectSockets(close);
  },
  more: {
    broadcast({ namespace, name, args, volatile }) {
      const clients = io.of(namespace);
      (volatile ? clients.volatile : clients).emit(name, ...fromCommand(args));
    },
    cut() {
      for (const socket of io._nsps.get("/").sockets.values()) socket.conn.close(true);
    },
  },
});
