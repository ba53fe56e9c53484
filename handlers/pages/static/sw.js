/* Shows on this device what pages its person, and answers from there without opening anything. What is pushed is built in
bot/notify/push.py; WORDS and LOOKS stand before this file. */
const { registration, clients } = self;
const canAct = "actions" in Notification.prototype; // where there are no buttons, a tap leads to one
const show = (title, more) => registration.showNotification(title, { ...LOOKS, ...more });
const openIt = { action: "open", title: WORDS.open };

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(clients.claim()));
self.addEventListener("push", (event) => event.waitUntil(receive(event.data)));
self.addEventListener("notificationclick", (event) => event.waitUntil(act(event)));
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event).catch(lose)));

async function receive(content) {
  let told;
  try { told = content.json(); } catch { told = {}; }
  if (told.type === "page") return page(told);
  if (told.type === "withdrawn") return withdraw(told);
  if (told.type === "code") return verify(told);
  return show(WORDS.unreadable, { body: WORDS.unreadable_text, requireInteraction: true, data: { url: "/" } });
}

function page(told) {
  const answer = told.answer ? [{ action: "answer", title: told.answer_word }] : [];
  return show(told.title, {
    body: told.text, tag: told.tag, renotify: true, requireInteraction: true, vibrate: [400, 100, 400, 100, 400],
    timestamp: told.at || Date.now(), actions: [...answer, openIt], data: told,
  });
}

async function withdraw(told) {
  const [standing] = await registration.getNotifications({ tag: told.tag });
  if (standing?.data?.page > told.page) return; // a newer page has come meanwhile
  await show(told.title, { body: told.text, tag: told.tag, silent: true, data: told });
}

/* The code shows that pushes arrive here. Whoever has no session here any more types it. */
async function verify(told) {
  const url = "/me/paging";
  try {
    const response = await post("/push/verify", { code: told.code });
    if (response.ok) return show(WORDS.verified, { body: WORDS.verified_text, tag: "device", silent: true, data: { url } });
  } catch { /* offline, or nobody is signed in: the code says what to do */ }
  return show(told.title, { body: told.text, tag: "device", requireInteraction: true, data: { url } });
}

function act({ notification, action }) {
  const told = notification.data ?? {};
  if (action === "answer") return answer(told);
  notification.close();
  return open(action || canAct || !told.answer ? told.url : told.answer);
}

async function answer(told) {
  const still = { tag: told.tag, data: told };
  try {
    const response = await fetch(`/push/answer/${told.answer.split("/").pop()}`,
      { method: "POST", credentials: "omit", signal: AbortSignal.timeout(20000) });
    const { said, done, detail } = await response.json();
    if (done) return show(WORDS.answered, { ...still, body: said, silent: true, data: { ...told, answer: "" } });
    const again = response.status >= 500 ? [{ action: "answer", title: WORDS.again }] : [];
    return fail(said || detail, { ...still, actions: [...again, openIt] });
  } catch {
    return fail(WORDS.unreachable, { ...still, actions: [{ action: "answer", title: WORDS.again }, openIt] });
  }
}
const fail = (body, more) => show(WORDS.not_answered, { ...more, body, renotify: true, requireInteraction: true });

async function open(address) {
  const url = new URL(address || "/", location.origin).href;
  const windows = await clients.matchAll({ type: "window" });
  const there = windows.find((one) => one.url === url);
  return there ? there.focus() : clients.openWindow(url);
}

/* The browser has another subscription now. What it had last is kept, because not every browser says it. */
async function renew({ oldSubscription, newSubscription }) {
  const kept = await caches.open("device"), old = oldSubscription ?? await (await kept.match("/push/kept"))?.json();
  if (!old) return;
  const fresh = newSubscription ?? await registration.pushManager.subscribe({
    userVisibleOnly: true, applicationServerKey: (await (await fetch("/push/key")).json()).key,
  });
  const response = await post("/push/renew", { old, new: fresh });
  if (!response.ok) throw new Error(response.status);
  await kept.put("/push/kept", new Response(JSON.stringify(fresh)));
}
const lose = () => show(WORDS.lost, { body: WORDS.lost_text, requireInteraction: true, data: { url: "/me/paging" } });

const post = (path, content) => fetch(path,
  { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });
