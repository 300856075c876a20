// Uploads: files, folders and archives dropped or chosen, one request and one bar each; the jobs follow by themselves.

const TOGETHER = 2; // requests at once
const AGAIN_MS = 1000;
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

// Every file under an entry, with its path.
async function walk(entry) {
  if (entry.isFile) return [[await new Promise((found, failed) => entry.file(found, failed)), entry.fullPath.slice(1)]];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed)); // at most a hundred a call
    if (!some.length) break;
    found.push(...some);
  }
  return (await Promise.all(found.map(walk))).flat();
}

async function send(form, files) {
  const waiting = files.map(([file, name]) => ({ file, name, bar: barOf(form, name) }));
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await sendOne(form, next);
  };
  await Promise.all(Array.from({ length: TOGETHER }, work));
  await renewJobs();
  follow();
}

function barOf(form, name) {
  const item = document.createElement("li");
  const label = Object.assign(document.createElement("span"), { textContent: name, className: "file" });
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  bar.setAttribute("aria-label", form.dataset.progress.replace("{name}", name));
  const state = Object.assign(document.createElement("span"), { textContent: form.dataset.waiting, className: "state" });
  item.append(label, bar, state);
  document.getElementById("bars").append(item);
  return { bar, state };
}

function sendOne(form, { file, name, bar }) {
  const body = new FormData(form);
  body.delete("files");
  body.append("files", file, name);
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Veille-Part", "main");
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.bar.value = event.loaded / event.total; });
    request.addEventListener("loadend", () => {
      const isKept = request.status >= 200 && request.status < 300;
      bar.bar.value = isKept ? 1 : 0;
      bar.state.textContent = isKept ? form.dataset.sent : whyNot(form, request);
      bar.state.classList.add(isKept ? "done" : "failed");
      done();
    });
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
