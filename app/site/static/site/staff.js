// Comfort only: every page works without this file.
"use strict";

const live = document.querySelector("form[data-live]");

/** Put what the form asks for in the place of the results; whoever types faster than we answer sees the last answer only. */
function searchAsYouType(form) {
  let waiting;
  let running;
  const area = () => document.getElementById(form.dataset.live);

  async function ask() {
    running?.abort();
    running = new AbortController();
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
    const address = `${form.getAttribute("action")}${query.size ? `?${query}` : ""}`;
    const answer = await fetch(address, { signal: running.signal, redirect: "error" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.getElementById(form.dataset.live);
    // No such place: signed out, or not allowed any more. The page itself says which.
    if (!answer.ok || !found) {
      location.assign(address);
      return;
    }
    area().replaceWith(found);
    history.replaceState(null, "", address);
    watchChoices();
  }

  function askSoon(delay) {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      ask().catch((error) => {
        if (error.name !== "AbortError") form.submit();
      });
    }, delay);
  }

  form.addEventListener("input", ({ target }) => {
    // Fewer letters are in no index, and in half of the rows: for these, whoever means them presses Enter.
    const isBegun = target.type === "search" && target.value.trim().length in { 1: true, 2: true };
    if (!isBegun) askSoon(250);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    askSoon(0);
  });
}

/** The box that chooses all of a page, and how many are chosen. */
function watchChoices() {
  const all = document.querySelector("[data-all]");
  if (!all) return;
  const boxes = [...document.querySelectorAll("input[name=accounts]")];
  const count = document.querySelector("[data-chosen]");
  const tell = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    count.textContent = chosen ? `(${chosen})` : "";
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  };
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    tell();
  });
  for (const box of boxes) box.addEventListener("change", tell);
  tell();
}

const POLL_MILLISECONDS = 2000;

/** Look again how far a job has come, until it waits for nobody but the reader. */
async function follow() {
  const job = document.querySelector("[data-poll]");
  if (!job) return;
  const answer = await fetch(location.href, { redirect: "error" }).catch(() => null);
  // An answer can break off on its way, too.
  const text = answer?.ok ? await answer.text().catch(() => "") : "";
  const page = new DOMParser().parseFromString(text, "text/html");
  const found = page.getElementById(job.id);
  if (found) {
    const typing = job.contains(document.activeElement);
    // Somebody is about to press Cancel: only what is said changes.
    if (typing && "poll" in found.dataset) {
      for (const part of ["[role=status]", "progress"]) job.querySelector(part)?.replaceWith(found.querySelector(part));
    } else {
      job.replaceWith(found);
      document.title = page.title;
    }
  }
  setTimeout(follow, POLL_MILLISECONDS);
}

// The gateway and the store answer a file that is too large with an error that is none of our pages.
for (const input of document.querySelectorAll("input[data-max-bytes]")) {
  input.addEventListener("change", () => {
    const tooLarge = [...input.files].some((file) => file.size > Number(input.dataset.maxBytes));
    input.setCustomValidity(tooLarge ? input.dataset.tooLarge : "");
    input.reportValidity();
  });
  input.form.addEventListener("submit", (event) => {
    if (!input.validity.customError) return;
    event.preventDefault();
    input.reportValidity();
  });
}

if (document.querySelector("[data-poll]")) setTimeout(follow, POLL_MILLISECONDS);
if (live) searchAsYouType(live);
watchChoices();

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = document.getElementById("search");
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
});
