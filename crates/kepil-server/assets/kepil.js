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
// Work after too many tries: the browser looks for a number whose SHA-256 hash begins with zero bits. The form waits for it;
// without the script its reader waits instead.
document.querySelectorAll("[data-seed]").forEach((box) => {
  const form = box.closest("form");
  const rest = form.querySelectorAll("[data-seed] p");
  const first = new Int32Array(8);
  const constants = new Int32Array(64);
  for (let at = 0, prime = 2; at < 64; prime++) {
    let divisor = 2;
    while (prime % divisor) divisor++;
    if (divisor < prime) continue;
    if (at < 8) first[at] = ((Math.sqrt(prime) % 1) * 2 ** 32) | 0;
    constants[at++] = ((Math.cbrt(prime) % 1) * 2 ** 32) | 0;
  }
  // The first word of the hash of a text that is shorter than a block.
  const words = new Int32Array(64);
  const turned = (word, by) => (word >>> by) | (word << (32 - by));
  const hash = (text) => {
    words.fill(0, 0, 16);
    for (let at = 0; at < text.length; at++) words[at >> 2] |= text.charCodeAt(at) << (24 - 8 * (at & 3));
    words[text.length >> 2] |= 128 << (24 - 8 * (text.length & 3));
    words[15] = 8 * text.length;
    for (let at = 16; at < 64; at++) {
      const near = words[at - 2];
      const far = words[at - 15];
      words[at] = (turned(near, 17) ^ turned(near, 19) ^ (near >>> 10)) + words[at - 7]
        + (turned(far, 7) ^ turned(far, 18) ^ (far >>> 3)) + words[at - 16];
    }
    let [a, b, c, d] = [first[0], first[1], first[2], first[3]];
    let [e, f, g, h] = [first[4], first[5], first[6], first[7]];
    for (let at = 0; at < 64; at++) {
      const one = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + constants[at] + words[at]) | 0;
      const two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + one) | 0;
      d = c;
      c = b;
      b = a;
      a = (one + two) | 0;
    }
    return a + first[0];
  };
  const { seed, bits } = box.dataset;
  let [answer, waiting] = [0, false];
  const look = () => {
    const until = performance.now() + 20;
    do {
      for (const end = answer + 500; answer < end; answer++) {
        if (hash(`${seed}:${answer}`) >>> (32 - bits)) continue;
        form.elements.answer.value = answer;
        rest[1].hidden = true;
        rest[2].hidden = false;
        if (waiting) form.submit();
        return;
      }
    } while (performance.now() < until);
    setTimeout(look);
  };
  form.addEventListener("submit", (event) => {
    if (form.elements.answer.value) return;
    event.preventDefault();
    waiting = true;
  });
  look();
});
