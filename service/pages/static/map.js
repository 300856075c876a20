// The map moves: buttons, the wheel with Ctrl, dragging once it is zoomed. Circles keep their size on the screen.

const LEAST = 12; // units of the map across: 6 degrees
const WORLD = { x: 0, y: 12, width: 720, height: 288 };

export function startMap() {
  const map = document.getElementById("map");
  if (!map || map.dataset.started) return;
  map.dataset.started = "true";
  const [x, y, width, height] = map.getAttribute("viewBox").split(" ").map(Number);
  const first = { x, y, width, height };
  let seen = { ...first };
  const dots = [...map.querySelectorAll("circle")].map((dot) => [dot, Number(dot.getAttribute("r"))]);

  const show = (next) => {
    seen = next;
    map.setAttribute("viewBox", `${seen.x} ${seen.y} ${seen.width} ${seen.height}`);
    for (const [dot, radius] of dots) dot.setAttribute("r", (radius * seen.width) / first.width);
    map.classList.toggle("zoomed", seen.width < WORLD.width - 1);
  };
  const zoom = (factor, at = { x: seen.x + seen.width / 2, y: seen.y + seen.height / 2 }) => {
    const wide = Math.min(Math.max(seen.width * factor, LEAST), WORLD.width);
    const by = wide / seen.width;
    show(within({ x: at.x - (at.x - seen.x) * by, y: at.y - (at.y - seen.y) * by, width: wide, height: seen.height * by }));
  };

  const buttons = map.parentElement.querySelector(".zoom");
  buttons.hidden = false;
  buttons.addEventListener("click", (event) => {
    const kind = event.target.closest("button")?.dataset.zoom;
    if (kind === "all") show(first);
    else if (kind) zoom(kind === "in" ? 0.6 : 1 / 0.6);
  });
  map.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 0.8 : 1.25, pointOf(map, event));
  }, { passive: false });
  dragged(map, () => seen, show);
}

function within(box) {
  const x = Math.min(Math.max(box.x, WORLD.x), WORLD.x + WORLD.width - box.width);
  const lowest = WORLD.y + Math.max(WORLD.height - box.height, 0);
  return { ...box, x, y: Math.min(Math.max(box.y, WORLD.y), lowest) };
}

function pointOf(map, event) {
  return new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
}

function dragged(map, seen, show) {
  let from = null;
  let moved = false;
  map.addEventListener("pointerdown", (event) => {
    if (event.button || !map.classList.contains("zoomed")) return;
    from = pointOf(map, event);
    moved = false;
  });
  map.addEventListener("pointermove", (event) => {
    if (!from) return;
    const to = pointOf(map, event);
    if (!moved && Math.hypot(to.x - from.x, to.y - from.y) * (map.clientWidth / seen().width) < 4) return;
    moved = true;
    show(within({ ...seen(), x: seen().x + from.x - to.x, y: seen().y + from.y - to.y }));
  });
  addEventListener("pointerup", () => { from = null; });
  map.addEventListener("click", (event) => { if (moved) { event.preventDefault(); event.stopPropagation(); moved = false; } }, true);
  map.addEventListener("dragstart", (event) => event.preventDefault());
}
