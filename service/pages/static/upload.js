// Uploads: files, folders and archives dropped or chosen, some files a request and a bar each; the jobs follow by themselves.

const TOGETHER = 2; // requests at once
const MOST_FILES = 100, MOST_BYTES = 20_000_000; // of one request: a folder is few uploads, and a large file one of its own
const AGAIN_MS = 1000;
const BUSY = 503, LATER_MS = 10_000; // where the queue is full, files wait here
let following = null;

export function startUpload() {
  const form = document.getElementById("upload");
  if (form && !form.dataset.started) {
    form.dataset.started = "true";
    takeDrops(form);
    form.addEventListener("submit", (event) => {
      const files = [...form.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
      if (!files.length) return;
      event.preventDefault();
      send(form, files.map((file) => [file, file.webkitRelativePath || file.name]));
      for (const input of form.querySelectorAll("input[type=file]")) input.value = "";
    });
  }
  follow();
}

function takeDrops(form) {
  const zone = document.getElementById("drop");
  const inside = (event, isOver) => { event.preventDefault(); zone.classList.toggle("over", isOver); };
  zone.addEventListener("dragover", (event) => inside(event, true));
  zone.addEventListener("dragleave", (event) => inside(event, false));
  zone.addEventListener("drop", async (event) => {
    inside(event, false);
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const files = entries.length ? (await Promise.all(entries.map(walk))).flat() : [...event.dataTransfer.files].map((file) => [file, file.name]);
    send(form, files);
  });
}

// Every file under an entry, with its path; null for what cannot be read.
async function walk(entry) {
  const path = entry.fullPath.slice(1);
  try {
    if (entry.isFile) return [[await new Promise((found, failed) => entry.file(found, failed)), path]];
    const reader = entry.createReader();
    const found = [];
    for (;;) {
      const some = await new Promise((done, failed) => reader.readEntries(done, failed)); // at most a hundred a call
      if (!some.length) break;
      found.push(...some);
    }
    return (await Promise.all(found.map(walk))).flat();
  } catch {
    return [[null, path]];
  }
}

// What systems hide in a folder is left out, as `veille ingest` does; a file that was chosen by itself is not.
const isHidden = (name) => name.split("/").slice(1).some((part) => part.startsWith("."));

async function send(form, files) {
  const shown = files.filter(([, name]) => !isHidden(name)).sort(([, a], [, b]) => (a < b ? -1 : 1)).map(([file, name]) => ({ file, name, ...barOf(form, name) }));
  for (const { state } of shown.filter(({ file }) => !file)) tell(state, form.dataset.refused, "failed");
  const waiting = inRequests(shown.filter(({ file }) => file));
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await sendSome(form, next);
  };
  await Promise.all(Array.from({ length: TOGETHER }, work));
  await renewJobs();
  follow();
}

// Files by the request that they go in, in their order.
function inRequests(files) {
  const requests = [];
  let bytes = Infinity;
  for (const one of files) {
    bytes += one.file.size;
    if (bytes > MOST_BYTES || requests.at(-1).length === MOST_FILES) {
      requests.push([]);
      bytes = one.file.size;
    }
    requests.at(-1).push(one);
  }
  return requests;
}

async function sendSome(form, files) {
  const answer = await post(form, files);
  if (answer.status === BUSY) {
    for (const { state } of files) tell(state, whyNot(form, answer), "");
    await new Promise((done) => setTimeout(done, LATER_MS));
    return sendSome(form, files);
  }
  const isKept = answer.status >= 200 && answer.status < 300;
  if (!isKept && files.length > 1) { // one that cannot be taken costs the others nothing
    for (const one of files) await sendSome(form, [one]);
    return;
  }
  for (const { bar, state } of files) {
    bar.value = isKept ? 1 : 0;
    tell(state, isKept ? form.dataset.sent : whyNot(form, answer), isKept ? "done" : "failed");
  }
}

function tell(state, words, kind) {
  state.textContent = words;
  state.className = `state ${kind}`;
}

function barOf(form, name) {
  const item = document.createElement("li");
  const label = Object.assign(document.createElement("span"), { textContent: name, className: "file" });
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  bar.setAttribute("aria-label", form.dataset.progress.replace("{name}", name));
  const state = Object.assign(document.createElement("span"), { textContent: form.dataset.waiting, className: "state" });
  item.append(label, bar, state);
  const bars = document.getElementById("bars");
  bars.tabIndex = 0; // it scrolls
  bars.append(item);
  return { bar, state };
}

// The request when it is over, whatever came of it.
function post(form, files) {
  const body = new FormData(form);
  body.delete("files");
  for (const { file, name } of files) body.append("files", file, name);
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Veille-Part", "main");
    request.upload.addEventListener("progress", ({ loaded }) => {
      for (const { file, bar } of files) {
        bar.value = Math.min(1, Math.max(0, loaded / (file.size || 1)));
        loaded -= file.size;
      }
    });
    request.addEventListener("loadend", () => done(request));
    request.send(body);
  });
}

function whyNot(form, request) {
  const said = new DOMParser().parseFromString(request.responseText || "", "text/html").querySelector(".panel p");
  return said?.textContent || form.dataset.refused;
}

function follow() {
  clearTimeout(following);
  if (document.querySelector("#jobs[data-busy]")) following = setTimeout(async () => { await renewJobs(); follow(); }, AGAIN_MS);
}

// The list of jobs as it is now; whoever is in it with the keyboard is not disturbed.
async function renewJobs() {
  const list = document.getElementById("jobs");
  if (!list || list.contains(document.activeElement)) return;
  const answer = await fetch("/add", { headers: { "Veille-Part": "main" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("jobs");
  if (fresh) list.replaceWith(document.adoptNode(fresh));
}
