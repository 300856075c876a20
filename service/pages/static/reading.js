// Hovering or focusing an event lights its words in the text, and its words light the event.

export function startReading() {
  const text = document.querySelector(".passages");
  if (!text || text.dataset.started) return;
  text.dataset.started = "true";
  const pieces = [...text.querySelectorAll("[data-of]")].map((piece) => [piece, new Set(piece.dataset.of.split(" "))]);
  const cards = [...document.querySelectorAll("[data-event]")];

  const light = (event) => {
    const parts = event ? cards.find((card) => card.dataset.event === event).dataset.parts.split(" ") : [];
    const isOfSentence = (of) => of.has(event);
    for (const [piece, of] of pieces) piece.classList.toggle("lit", Boolean(event) && (isOfSentence(of) || (piece.className && parts.some((part) => of.has(part)))));
    for (const card of cards) card.classList.toggle("lit", card.dataset.event === event);
  };
  for (const card of cards) {
    for (const kind of ["mouseenter", "focusin"]) card.addEventListener(kind, () => light(card.dataset.event));
    for (const kind of ["mouseleave", "focusout"]) card.addEventListener(kind, () => light(null));
  }
  text.addEventListener("mouseover", (event) => {
    const of = event.target.dataset?.of?.split(" ") ?? [];
    light(cards.find((card) => of.includes(card.dataset.event))?.dataset.event ?? null);
  });
  text.addEventListener("mouseleave", () => light(null));
  const named = location.hash.startsWith("#e-") && cards.find((card) => `#${card.id}` === location.hash);
  if (named) showPassage(named.dataset.event);
  document.querySelector(".beside").addEventListener("click", (event) => {
    const link = event.target.closest("a[data-passage]");
    if (link) setTimeout(() => light(cards.some((card) => card.dataset.event === link.dataset.passage) ? link.dataset.passage : null));
  });

  function showPassage(id) {
    light(id);
    document.getElementById(`t-${id}`)?.scrollIntoView({ block: "center" });
    document.getElementById(`e-${id}`).scrollIntoView({ block: "nearest" });
  }
}
