"use strict";

// Servers of Socket.IO 1 and 2 under the control protocol of README.md in this folder. Their own folders choose the version.

const http = require("node:http");
const { greet, handleEvent, logPings, parseOptions, refusal, run } = require("./control.js");

/** `serve(require("socket.io"), ["/room-1", …])`; `rooms` is what `of` takes. */
function serve(socketIo, rooms) {
  const options = parseOptions({ "root-delay": 0 });
  const server = http.createServer();
  const io = socketIo(server, {
    pingInterval: options["ping-interval"],
    pingTimeout: options["ping-timeout"],
    maxHttpBufferSize: options["max-payload"],
    serveClient: false,
  });

  function handleConnection(socket) {
    // There is no auth: the query of the namespace is among that of the handshake.
    greet(socket, {});
    socket.use(([name, ...args], next) => {
      handleEvent(socket, name, args);
      if (name === "refuse") next(new Error("event refused"));
      else next();
    });
  }

  function requireSecret(socket, next) {
    next(socket.handshake.query.token === "secret" ? undefined : refusal());
  }

  logPings(io);
  if (options["root-delay"] > 0) io.use((_, next) => setTimeout(next, options["root-delay"]));
  io.on("connection", handleConnection);
  io.of("/admin").use(requireSecret).on("connection", handleConnection);
  for (const room of rooms) io.of(room).on("connection", handleConnection);

  run(server, options, {
    socketsOf: (namespace) => Object.values(io.nsps[namespace]?.connected ?? {}),
    disconnectAll(close) {
      const sockets = Object.values(io.nsps).flatMap((namespace) => Object.values(namespace.connected));
      for (const socket of sockets) socket.disconnect(close);
    },
  });
}

module.exports = { serve };
