// Enhances what already works without it: copy buttons, menus that close, a search key, closing of messages, focus on errors.
"use strict";

document.documentElement.classList.add("js");

async function copyText(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    // Without a secure context there is no clipboard: select the value, so that the keyboard's copy takes it.
    const value = button.parentElement.querySelector(".copy-value");
    if (value) getSelection().selectAllChildren(value);
    return;
  }
  button.classList.add("is-copied");
  setTimeout(() => button.classList.remove("is-copied"), 1500);
}

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const copyButton = target?.closest("[data-copy]");
  if (copyButton) copyText(copyButton);
  const dismissButton = target?.closest("[data-dismiss]");
  if (dismissButton) dismissButton.closest(dismissButton.dataset.dismiss)?.remove();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
    const toggle = document.querySelector("#menu");
    if (toggle) toggle.checked = false;
  }
  const isTyping = event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector('[data-hotkey="/"]');
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
});

// A chosen file fills the text area that it belongs to, so that what is sent can be seen. Keys are not shown: see the form.
document.addEventListener("change", (event) => {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || input.type !== "file" || !input.dataset.fileName) return;
  const place = document.querySelector(input.dataset.fileName);
  if (place) place.textContent = Array.from(input.files ?? [], (file) => file.name).join(", ");
});

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post" || event.defaultPrevented || "download" in form.dataset) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "true";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// A page that comes back with errors begins at the first of them, whether it is a field or a list to choose from.
function firstWrongControl() {
  for (const error of document.querySelectorAll(".main .field-error")) {
    const place = error.closest(".field, .picker, fieldset, label, td, .filter-field");
    const control =
      place?.querySelector(".is-invalid, [aria-invalid=true]") ??
      place?.querySelector("input:not([type=hidden], [type=search], :disabled), select:not(:disabled), textarea:not(:disabled)");
    if (control) return control;
  }
  return null;
}
firstWrongControl()?.focus();

// Where tabs are wider than the screen, the current one is in sight.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
