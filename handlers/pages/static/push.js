/* “Receive pages on this device”, on the page of how one is paged. What it says stands on its element, in words. */
const box = document.querySelector("#device"), words = box.dataset;
const button = box.querySelector("button"), fields = box.querySelector("form"), said = box.querySelector("[role=status]");
const can = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
const kept = () => caches.open("device");
const say = (text) => { said.textContent = text; said.hidden = !text; };
const findDevice = (endpoint) => [...document.querySelectorAll("[data-endpoint]")]
  .find((one) => one.dataset.endpoint === endpoint && !("gone" in one.dataset));
const post = (path, content) => fetch(path,
  { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });
const spell = (key) => btoa(String.fromCharCode(...new Uint8Array(key))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
const fits = (one) => !one.options?.applicationServerKey || spell(one.options.applicationServerKey) === words.key;

async function find() {
  return (await navigator.serviceWorker.ready).pushManager.getSubscription();
}

/* Whether this device receives pages already; a button if not. What a press was answered stays until something else is so. */
async function look() {
  const own = await find(), device = own && fits(own) && findDevice(own.endpoint);
  fields.hidden = Boolean(device);
  if (device) say("unproven" in device.dataset ? words.coming : words.here);
  else if (Notification.permission === "denied") say(words.blocked);
  else if (said.textContent === words.here) say("");
}

async function receive() {
  button.disabled = true;
  say("");
  try {
    if (await Notification.requestPermission() !== "granted") return say(words.blocked);
    const { pushManager } = await navigator.serviceWorker.ready;
    let own = await pushManager.getSubscription();
    if (own && !fits(own)) { await own.unsubscribe(); own = null; }
    own ??= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: words.key });
    const response = await post("/push/devices", { ...own.toJSON(), name: fields.elements.name.value });
    if (response.status === 401) { location.href = "/login"; return; }
    const answer = await response.json();
    if (!response.ok) return say(answer.detail);
    await (await kept()).put("/push/kept", new Response(JSON.stringify(own)));
    fields.hidden = true;
    say(answer.verified ? words.here : words.coming);
  } catch (error) {
    say(`${words.failed} ${error.message}`);
  } finally {
    button.disabled = false;
  }
}

/* The browser may have got another subscription while nobody was told. */
async function catchUp() {
  const own = await find(), old = await (await (await kept()).match("/push/kept"))?.json();
  if (!own || !old || old.endpoint === own.endpoint || findDevice(own.endpoint)) return;
  if ((await post("/push/renew", { old, new: own })).ok) await (await kept()).put("/push/kept", new Response(JSON.stringify(own)));
}

if (!isSecureContext) say(words.insecure);
else if (!can) say(words.unsupported);
else {
  fields.addEventListener("submit", (event) => { event.preventDefault(); receive(); });
  document.addEventListener("htmx:afterSwap", look);
  navigator.serviceWorker.register("/sw.js").then(look).then(catchUp).catch((error) => say(`${words.failed} ${error.message}`));
}
