// Enhances what already works without it: searches that do not reload the page, live parts that stay calm.
"use strict";

// Enter in a search asks htmx at once (by the search event) instead of sending the whole form.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
  if (window.htmx && event.target.matches('.picker input[type="search"]')) event.preventDefault();
});

// What is chosen while a search is under way must not go with the old list: the search is made again with it.
const chosenBefore = new WeakMap();

function chosenIn(list) {
  return [...list.querySelectorAll("input:checked")].map((input) => input.value).join();
}
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target?.matches(".picker-choices")) chosenBefore.set(detail.target, chosenIn(detail.target));
});
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const list = detail.target;
  if (!list?.matches(".picker-choices") || chosenBefore.get(list) === chosenIn(list)) return;
  detail.shouldSwap = false;
  const search = list.closest(".picker").querySelector('input[type="search"]');
  setTimeout(() => search.dispatchEvent(new Event("search")));
});

// A live part that is polled and has not changed is left alone: what is selected or opened in it stays so.
const lastAnswers = new WeakMap();

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr } = event.detail;
  if (!target?.matches("[data-live]")) return;
  if (!xhr.responseURL.includes(target.dataset.live)) {
    // Signed out meanwhile: the answer is the sign-in page, which belongs in the whole window.
    event.detail.shouldSwap = false;
    location.reload();
    return;
  }
  if (xhr.status === 304 || lastAnswers.get(target) === xhr.responseText) event.detail.shouldSwap = false;
  else lastAnswers.set(target, xhr.responseText);
});

// A part that means something only beside other choices is shown with them: data-when="field=one|another".
function showWhatApplies(form) {
  for (const part of form.querySelectorAll("[data-when]")) {
    const [field, values] = part.dataset.when.split("=");
    const chosen = new FormData(form).get(field) ?? "";
    part.hidden = !values.split("|").includes(chosen);
  }
}

document.addEventListener("change", (event) => {
  if (event.target.form?.querySelector("[data-when]")) showWhatApplies(event.target.form);
});
for (const form of document.forms) if (form.querySelector("[data-when]")) showWhatApplies(form);
