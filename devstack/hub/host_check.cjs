// Answer only those who name this server by its own address, so that no web page can reach it under another name.
"use strict";

const http = require("node:http");

const allowed = new Set(process.env.PROXY_HOSTS.split(","));
const emit = http.Server.prototype.emit;

http.Server.prototype.emit = function (event, request, other) {
  const arrival = event === "request" || event === "upgrade";
  if (!arrival || allowed.has(request.headers.host)) {
    return emit.apply(this, arguments);
  }
  if (event === "upgrade") {
    other.destroy();
  } else {
    other.writeHead(421, { "Content-Type": "text/plain; charset=utf-8" });
    other.end("This server does not answer to that name.\n");
  }
  return true;
};
