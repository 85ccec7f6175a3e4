// Sorts and filters the heat map. It reads nothing but the page, and writes nothing but classes, order and counts.
"use strict";

(() => {
  const table = document.querySelector("table.heat");
  const form = document.querySelector("form.tools");
  if (!table) return;
  const body = table.tBodies[0];
  const shown = form.querySelector("output");
  const order = table.dataset.order;
  const rows = Array.from(body.rows, (row, place) => ({
    row,
    place, // they come sorted by student
    name: row.cells[0].textContent.toLowerCase(),
    letters: row.dataset.letters,
    ungraded: Number(row.dataset.letters === "x"),
    points: Number(row.dataset.points),
    mistakes: new Set(Array.from(row.querySelectorAll("[data-mistake]"), (cell) => cell.dataset.mistake)),
  }));
  let sorted = "student";
  let picked = [];

  const choice = () => ({
    text: form.elements.text.value.trim().toLowerCase(),
    status: form.elements.status.value,
    mistake: form.elements.mistake.value,
    sort: form.elements.sort.value,
    reversed: form.elements.reversed.checked,
  });

  function compare(sort, reversed) {
    const sign = reversed ? -1 : 1;
    if (sort === "student") return (a, b) => sign * (a.place - b.place);
    // The most points first, or the worst status; who could not be graded comes last, whichever way round.
    const rank = (one) => (sort === "points" ? -one.points : order.indexOf(one.letters[sort]));
    return (a, b) => a.ungraded - b.ungraded || sign * (rank(a) - rank(b)) || a.place - b.place;
  }

  function arrange({ sort, reversed }) {
    if (sorted === sort + reversed) return;
    sorted = sort + reversed;
    const inOrder = rows.toSorted(compare(sort, reversed)).map((one) => one.row);
    body.replaceChildren(); // all out at once, all in at once: to move row by row takes many times as long
    body.append(...inOrder);
    for (const button of table.tHead.querySelectorAll("[data-sort]")) {
      const head = button.closest("th");
      if (button.dataset.sort !== sort) head.removeAttribute("aria-sort");
      else head.setAttribute("aria-sort", (sort === "points") !== reversed ? "descending" : "ascending");
    }
  }

  function filter({ text, status, mistake }) {
    let count = 0;
    for (const one of rows) {
      const kept =
        one.name.includes(text) &&
        (!status || one.letters.includes(status)) &&
        (!mistake || one.mistakes.has(mistake));
      one.row.hidden = !kept;
      count += kept;
    }
    shown.value = count === rows.length ? `${count} students` : `${count} of ${rows.length} students`;
  }

  // Fades the cells that were not asked for.
  function pick({ status, mistake }) {
    for (const cell of picked) cell.classList.remove("picked");
    const wanted = `tbody td${status ? `.${status}` : ""}${mistake ? `[data-mistake="${mistake}"]` : ""}`;
    picked = status || mistake ? Array.from(table.querySelectorAll(wanted)) : [];
    for (const cell of picked) cell.classList.add("picked");
    table.classList.toggle("picking", Boolean(status || mistake));
  }

  function apply() {
    const now = choice();
    arrange(now);
    filter(now);
    pick(now);
  }

  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  table.tHead.addEventListener("click", (event) => {
    const button = event.target.closest("[data-sort]");
    if (!button) return;
    const { sort, reversed } = form.elements;
    reversed.checked = sort.value === button.dataset.sort && !reversed.checked;
    sort.value = button.dataset.sort;
    apply();
  });
  form.hidden = false;
  window.addEventListener("pageshow", apply); // a browser that comes back has filled the form in as it was
})();
