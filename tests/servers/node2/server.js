"use strict";

require("../legacy.js").serve(require("socket.io"), [/^\/room-.+$/]);
