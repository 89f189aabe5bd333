// Shows the screens that Python makes, and tells it which button was pressed with what in the form.
// No question is decided here, and none could be: there is no key in what arrives.

const KEYS = ["keydown", "keypress", "keyup"];
const PATIENCE = 15000; // milliseconds until somebody is told that Python does not answer
const WARNINGS = [600, 300, 60]; // seconds left that are announced
const FOCUSABLE = "input, select, textarea, button, summary, a, pre, [tabindex]";

function render({ model, el }) {
  const root = document.createElement("section");
  root.className = "acrlab";
  root.tabIndex = -1; // a click beside the controls stays in here, and with it the next key
  root.setAttribute("aria-label", `acrlab ${model.get("name")}`);
  const body = document.createElement("div");
  const live = document.createElement("p");
  live.className = "unseen";
  live.setAttribute("role", "status");
  root.append(body, live);
  el.append(root);

  let sent = null; // what had the focus when a button was pressed here
  let patience = 0;
  let clock = 0;

  const say = (text) => {
    live.textContent = text;
  };

  // Python

  function send(act, argument) {
    const form = {};
    for (const [name, value] of new FormData(body.querySelector("form"))) (form[name] ??= []).push(String(value));
    try {
      model.send({ act, argument: argument ?? "", form, turn: model.get("turn") });
    } catch {
      giveUp(); // the kernel is gone, and JupyterLab knows it
    }
  }

  function press(button) {
    ask(button.dataset.act, button.dataset.argument);
  }

  function ask(act, argument) {
    if (sent) return;
    sent = { mark: mark(document.activeElement), heading: heading()?.textContent };
    root.setAttribute("aria-busy", "true");
    patience = setTimeout(giveUp, PATIENCE);
    send(act, argument);
  }

  function giveUp() {
    settle();
    say("Python does not answer. Is the kernel busy, or has it been shut down?");
    live.classList.remove("unseen");
  }

  function settle() {
    clearTimeout(patience);
    root.removeAttribute("aria-busy");
    live.classList.add("unseen");
    sent = null;
  }

  // Screens

  const heading = () => body.querySelector("h3");

  function draw() {
    const before = sent;
    settle();
    body.innerHTML = model.get("html");
    for (const each of [root, ...body.querySelectorAll(FOCUSABLE)]) each.dataset.lmSuppressShortcuts = "true";
    if (before) focusAfter(before);
    count();
  }

  function focusAfter(before) {
    const same = before.heading === heading()?.textContent;
    const again = same && [...body.querySelectorAll(FOCUSABLE)].find((each) => mark(each) === before.mark);
    (again || heading() || root).focus({ preventScroll: Boolean(again) });
  }

  function mark(element) {
    if (!element || !body.contains(element)) return "";
    return JSON.stringify([element.tagName, element.name, element.value, element.dataset.act, element.dataset.argument]);
  }

  // The clock of an exam

  function count() {
    clearInterval(clock);
    const face = body.querySelector("[data-remaining]");
    if (!face) return;
    const end = performance.now() + 1000 * Number(face.dataset.remaining);
    let last = Infinity;
    const tick = () => {
      const left = Math.max(0, Math.round((end - performance.now()) / 1000));
      face.textContent = told(left);
      for (const each of WARNINGS) if (last > each && left <= each && last !== Infinity) say(`${told(left)} left`);
      face.classList.toggle("soon", left <= WARNINGS[1]);
      last = left;
      if (left > 0) return;
      clearInterval(clock);
      send("time");
    };
    tick();
    if (Number(face.dataset.remaining) > 0) clock = setInterval(tick, 1000);
  }

  function told(seconds) {
    const pad = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(seconds / 3600);
    const rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
    return hours ? `${hours}:${rest}` : rest;
  }

  // Steps to be put into order: buttons, and the mouse for those who like it

  function place(step, list, before) {
    list.insertBefore(step, before);
    step.querySelector("input").disabled = list.matches(".pool");
    changed();
  }

  function move(button) {
    const step = button.closest("li");
    const list = step.parentElement;
    const field = step.closest(".order");
    const moves = {
      up: () => step.previousElementSibling && place(step, list, step.previousElementSibling),
      down: () => step.nextElementSibling && place(step, list, step.nextElementSibling.nextElementSibling),
      in: () => place(step, field.querySelector(".chosen"), null),
      out: () => place(step, field.querySelector(".pool"), null),
    };
    moves[button.dataset.move]();
    const now = step.parentElement;
    const visible = getComputedStyle(button).display !== "none" ? button : step.querySelector(
      now.matches(".pool") ? '[data-move="in"]' : '[data-move="up"]');
    visible.focus();
    const text = step.querySelector("span").textContent;
    const steps = [...now.children];
    say(now.matches(".pool") ? `${text}: taken out` : `${text}: step ${steps.indexOf(step) + 1} of ${steps.length}`);
  }

  let dragged = null;
  root.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("li[draggable]");
    if (dragged) event.dataTransfer.effectAllowed = "move";
    event.stopPropagation();
  });
  root.addEventListener("dragover", (event) => {
    if (dragged && event.target.closest(".order") === dragged.closest(".order")) event.preventDefault();
    event.stopPropagation();
  });
  root.addEventListener("drop", (event) => {
    const list = event.target.closest(".pool, .chosen") ??
      event.target.closest(".columns > div")?.querySelector(".pool, .chosen");
    if (!dragged || !list || list.closest(".order") !== dragged.closest(".order")) return;
    event.preventDefault();
    event.stopPropagation();
    const after = [...list.children].find((each) => {
      const box = each.getBoundingClientRect();
      return each !== dragged && event.clientY < box.top + box.height / 2;
    });
    place(dragged, list, after ?? null);
    dragged = null;
  });

  // What people do

  root.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || !body.contains(button)) return;
    const { move: moves, leads, copy, hides } = button.dataset;
    if (moves) move(button);
    else if (leads) body.querySelector(`[name="${leads}"]`).focus();
    else if (copy) copied(button, copy);
    else if (hides) hide(button);
    else if (button.dataset.act && button.type !== "submit") press(button);
  });
  root.addEventListener("submit", (event) => {
    event.preventDefault();
    press(event.submitter ?? body.querySelector("button[type=submit]"));
  });
  root.addEventListener("change", changed);
  root.addEventListener("keydown", walk);

  function changed() {
    const { notes, follows } = body.querySelector("form")?.dataset ?? {};
    if (notes) send("note");
    else if (follows) ask(follows); // what is shown follows what is chosen
  }

  // A grid of buttons is one stop of the Tab key; inside it, the arrows lead on.

  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

  function walk(event) {
    const cell = event.target.closest?.("[data-grid] [data-cell]");
    if (!cell || event.altKey || event.ctrlKey || event.metaKey) return;
    const rows = [...cell.closest("[data-grid]").querySelectorAll("tr:has([data-cell])")].map((row) => [
      ...row.querySelectorAll("[data-cell]"),
    ]);
    const at = rows.findIndex((row) => row.includes(cell));
    const column = rows[at].indexOf(cell);
    const ends = { Home: 0, End: rows[at].length - 1 };
    const [down, right] = STEPS[event.key] ?? [0, 0];
    const wanted = event.key in ends ? rows[at][ends[event.key]] : rows[at + down]?.[column + right];
    if (!wanted || wanted === cell || !(event.key in STEPS || event.key in ends)) return;
    event.preventDefault();
    for (const each of rows.flat()) each.tabIndex = each === wanted ? 0 : -1;
    wanted.focus();
  }

  async function copied(button, text) {
    try {
      await navigator.clipboard.writeText(text);
      say("Copied");
      button.textContent = "Copied";
    } catch {
      const range = document.createRange();
      range.selectNodeContents(button.previousElementSibling);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      say("Selected: copy it with your keyboard");
    }
  }

  function hide(button) {
    const hidden = body.querySelector("[data-remaining]").classList.toggle("hidden");
    button.setAttribute("aria-pressed", String(hidden));
  }

  // No key that is pressed in here is a shortcut of the notebook: there, d d deletes the cell.
  for (const each of KEYS) root.addEventListener(each, (event) => event.stopPropagation());

  model.on("change:turn", draw);
  draw();
  return () => {
    clearInterval(clock);
    clearTimeout(patience);
    model.off("change:turn", draw);
  };
}

export default { render };
