"use strict";
(() => {
  const which = document.getElementById("which");
  const rankings = Array.from(document.querySelectorAll(".ranking"));
  function rank() {
    const asked = which.elements.category.value;
    for (const each of rankings) each.hidden = each.dataset.ranking !== asked;
  }
  which.addEventListener("input", rank);
  which.hidden = false;
  rank();

  const filter = document.getElementById("filter");
  const grid = document.getElementById("grid");
  const rows = Array.from(grid.tBodies[0].rows);
  const found = document.getElementById("found");
  function update() {
    const asked = Object.fromEntries(new FormData(filter));
    const words = asked.text.toLowerCase().split(/\s+/).filter(Boolean);
    for (const cell of grid.querySelectorAll("[data-of]")) {
      cell.hidden = asked.submission !== "" && cell.dataset.of !== asked.submission;
    }
    let shown = 0;
    for (const row of rows) {
      const name = row.cells[0].textContent.toLowerCase();
      const cells = Array.from(row.querySelectorAll("[data-status]"));
      const kernels = cells.filter((cell) => !cell.hidden && (!asked.status || cell.dataset.status === asked.status));
      const fits = (!asked.category || row.dataset.category === asked.category) && words.every((word) => name.includes(word));
      row.hidden = !fits || !kernels.length;
      shown += !row.hidden;
    }
    found.textContent = `${shown} tasks`;
  }
  filter.addEventListener("input", update);
  filter.addEventListener("submit", (event) => event.preventDefault());
  which.addEventListener("submit", (event) => event.preventDefault());
  filter.hidden = false;
  update();

  // A table that is cut at the edge of a small screen says so.
  function measure() {
    for (const box of document.querySelectorAll(".scroll")) box.classList.toggle("cut", box.scrollWidth > box.clientWidth + 1);
  }
  for (const form of [which, filter]) form.addEventListener("input", measure);
  window.addEventListener("resize", measure);
  measure();
})();
