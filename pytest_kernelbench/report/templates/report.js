"use strict";
(() => {
  const form = document.getElementById("filter");
  const list = document.getElementById("task-list");
  const tasks = Array.from(list.children);
  const found = document.getElementById("found");
  const number = (task, key) => parseFloat(task.dataset[key] || "-1");
  const orders = {
    name: (a, b) => a.firstElementChild.textContent.localeCompare(b.firstElementChild.textContent),
    category: (a, b) => a.dataset.category.localeCompare(b.dataset.category),
    worst: (a, b) => number(a, "passed") - number(b, "passed"),
    best: (a, b) => number(b, "passed") - number(a, "passed"),
    fast: (a, b) => number(b, "speedup") - number(a, "speedup"),
  };
  // The text of a task is large and does not change, so it is read once, on first use.
  const texts = new Map();
  const text = (node) => {
    if (!texts.has(node)) texts.set(node, node.textContent.toLowerCase());
    return texts.get(node);
  };

  function update() {
    const asked = Object.fromEntries(new FormData(form));
    const words = asked.text.toLowerCase().split(/\s+/).filter(Boolean);
    let shownTasks = 0, shownKernels = 0;
    for (const task of tasks) {
      const inside = (!asked.category || task.dataset.category === asked.category) && words.every((word) => text(task).includes(word));
      let kernels = 0;
      for (const kernel of task.querySelectorAll(".kernel")) {
        const fits = (!asked.submission || kernel.dataset.of === asked.submission) && (!asked.status || kernel.dataset.status === asked.status);
        kernel.hidden = !fits;
        kernels += fits;
      }
      for (const rows of task.querySelectorAll("tbody[data-of]")) {
        rows.hidden = asked.submission !== "" && rows.dataset.of !== asked.submission;
      }
      task.hidden = !inside || !kernels;
      if (!task.hidden) { shownTasks += 1; shownKernels += kernels; }
    }
    found.textContent = `${shownKernels} kernels for ${shownTasks} tasks`;
  }

  function sort() {
    const order = orders[form.elements.order.value];
    list.append(...tasks.slice().sort(order));  // the sort is stable: equal tasks stay sorted by name
  }

  // A table that is cut at the edge of a small screen says so.
  function markCut() {
    for (const box of document.querySelectorAll(".scroll")) box.classList.toggle("cut", box.scrollWidth > box.clientWidth + 1);
  }
  window.addEventListener("resize", markCut);
  document.addEventListener("toggle", markCut, true);
  markCut();

  function openTarget() {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.matches("details")) { target.hidden = false; target.open = true; target.scrollIntoView(); }
  }

  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.elements.order.addEventListener("change", sort);
  document.getElementById("open").addEventListener("click", () => {
    const shown = tasks.filter((task) => !task.hidden);
    const open = shown.some((task) => !task.open);
    for (const task of shown) task.open = open;
  });
  window.addEventListener("hashchange", openTarget);
  form.hidden = false;
  update();
  openTarget();
})();
