"use strict";

// The official client, for `cargo xtask bench`: asks the server on PORT with a message of LENGTH characters, and again
// when the answer is there, until the server hangs up.

const { io } = require("socket.io-client");

const [port, length] = process.argv.slice(2).map(Number);
const message = "x".repeat(length);
const socket = io(`http://127.0.0.1:${port}`, { transports: ["websocket"], reconnection: false });

function ask() {
  socket.emit("e", message, ask);
}

socket.on("connect", ask);
socket.on("connect_error", (error) => {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
});
