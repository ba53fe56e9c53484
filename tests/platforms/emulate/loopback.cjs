// The emulator listens on every interface; a test must not. Loaded before it by `node --require`.
const net = require("node:net");
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...given) {
  if (typeof given[0] === "object" && given[0] !== null && "port" in given[0]) given[0] = { ...given[0], host: "127.0.0.1" };
  else if (typeof given[0] === "number") given = [given[0], "127.0.0.1", ...given.filter((one) => typeof one === "function")];
  return listen.apply(this, given);
};
