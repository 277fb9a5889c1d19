// Only makes pages a little safer; every page works without it.
// Shown values are hidden again when the reader looks away.
"use strict";
const hideAll = () => document.querySelectorAll("details.mask[open]").forEach((each) => each.removeAttribute("open"));
document.addEventListener("visibilitychange", () => document.hidden && hideAll());
window.addEventListener("pagehide", hideAll);
// One question at a time.
document.querySelectorAll("details.ask").forEach((each) =>
  each.addEventListener("toggle", () => {
    if (!each.open) return;
    document.querySelectorAll("details.ask[open]").forEach((other) => other !== each && other.removeAttribute("open"));
  }),
);
// Passkeys: the browser makes or shows one, the form posts it. Without them the form stays hidden.
if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      if (form.elements.credential.value) return;
      event.preventDefault();
      const failed = form.querySelector("[role=alert]");
      failed.hidden = true;
      try {
        const body = new URLSearchParams({ form_token: form.elements.form_token.value });
        const answer = await fetch(form.dataset.begin, { method: "POST", body });
        if (!answer.ok || answer.redirected) return location.reload();
        const { options, state } = await answer.json();
        const isNew = form.dataset.passkey === "create";
        const publicKey = isNew
          ? PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey)
          : PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey);
        const made = await (isNew ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }));
        form.elements.state.value = state;
        form.elements.credential.value = JSON.stringify(made.toJSON());
        form.submit();
      } catch {
        failed.hidden = false;
      }
    });
  });
}
