// Checks a receipt in the browser, as docs/ledger.md says. Nothing is sent: the policy of the page allows no connection.
"use strict";
(() => {
  const box = document.getElementById("verify");
  if (!box || !window.crypto?.subtle) return;
  const { subtle } = window.crypto;
  const utf8 = new TextEncoder();
  const word = (name) => box.querySelector(`[data-word="${name}"]`).textContent;
  class Wrong extends Error {}
  const wrong = (why) => {
    throw new Wrong(why);
  };
  const bytesOf = (text) => {
    try {
      return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    } catch {
      return wrong("format");
    }
  };
  const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
  const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
  const number = (bytes) => bytes.reduce((all, byte) => all * 256 + byte, 0);
  const sha = async (bytes) => new Uint8Array(await subtle.digest("SHA-256", bytes));
  const node = (left, right) => sha(joined([1], left, right));

  const keyOf = async (text, kind) => {
    const [name, hash, ...rest] = text.trim().split("+");
    const data = bytesOf(rest.join("+"));
    const id = (await sha(joined(utf8.encode(name), [10, kind], data.slice(1)))).slice(0, 4);
    const hex = [...id].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    if (data.length !== 33 || data[0] !== kind || hex !== hash) wrong("key");
    return { name, id, key: await subtle.importKey("raw", data.slice(1), { name: "Ed25519" }, false, ["verify"]) };
  };

  const partsOf = (text) => {
    const gap = text.indexOf("\n\n");
    if (gap < 0) wrong("format");
    const lines = text.slice(gap + 2).split("\n").filter((line) => line.startsWith("\u2014 "));
    const signatures = lines.map((line) => line.slice(2).split(" ")).map(([name, data]) => ({ name, data: bytesOf(data ?? "") }));
    return { body: text.slice(0, gap + 1), signatures };
  };
  const noteOf = (text) => {
    const { body, signatures } = partsOf(text);
    const [origin, size, root] = body.split("\n");
    if (!/^(0|[1-9]\d{0,15})$/.test(size)) wrong("format");
    return { body, origin, size: Number(size), root: bytesOf(root), signatures };
  };
  const signedBy = async (note, key, start, message) => {
    for (const { name, data } of note.signatures) {
      if (name !== key.name || !same(data.slice(0, 4), key.id)) continue;
      const rest = data.slice(4 + start);
      if (await subtle.verify("Ed25519", key.key, rest, utf8.encode(message(data)))) return data;
    }
    return null;
  };
  // A log has two keys while one is being replaced.
  const isSigned = async (note, keys) => {
    for (const key of keys) if (await signedBy(note, key, 0, () => note.body)) return true;
    return false;
  };
  const cosignedAt = async (note, key) => {
    const at = (data) => number(data.slice(4, 12));
    const data = await signedBy(note, key, 8, (data) => `cosignature/v1\ntime ${at(data)}\n${note.body}`);
    return data && at(data);
  };

  // The root that a proof of inclusion leads to (RFC 6962, section 2.1.1).
  const rootBy = async (hash, index, size, path) => {
    if (size === 1) return path.length ? wrong("tree") : hash;
    if (!path.length) wrong("tree");
    let left = 1;
    while (left * 2 < size) left *= 2;
    const last = path[path.length - 1];
    return index < left
      ? node(await rootBy(hash, index, left, path.slice(0, -1)), last)
      : node(last, await rootBy(hash, index - left, size - left, path.slice(0, -1)));
  };

  const prove = async (text, leaf, trust) => {
    const gap = text.indexOf("\n\n");
    const lines = text.slice(0, gap).split("\n");
    if (lines.shift() !== "c2sp.org/tlog-proof@v1") wrong("format");
    if (lines[0]?.startsWith("extra ")) leaf ??= bytesOf(lines.shift().slice(6));
    const index = Number(/^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? "")?.[1] ?? wrong("format"));
    const note = noteOf(text.slice(gap + 2));
    const keys = trust.logs.filter((each) => each.name === note.origin);
    if (!keys.length) wrong("key");
    if (!leaf) wrong("format");
    if (index >= note.size) wrong("tree");
    if (!(await isSigned(note, keys))) wrong("signature");
    const root = await rootBy(await sha(joined([0], leaf)), index, note.size, lines.map(bytesOf));
    if (!same(root, note.root)) wrong("tree");
    const seen = [];
    for (const witness of trust.witnesses) {
      const at = await cosignedAt(note, witness);
      if (at) seen.push(`${witness.name}, ${new Date(at * 1000).toLocaleString(document.documentElement.lang)}`);
    }
    return { place: `${note.origin}: ${index}`, seen };
  };

  const receipt = async (file, trust, acts) => {
    if (file?.format !== "kepil-receipt-1" || typeof file.payload !== "string") wrong("format");
    const leaf = bytesOf(file.leaf);
    if (leaf.length !== 54 || leaf[0] !== 1) wrong("format");
    const key = await subtle.importKey("raw", bytesOf(file.commitment_key), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const bound = new Uint8Array(await subtle.sign("HMAC", key, utf8.encode(file.payload)));
    const said = JSON.parse(file.payload);
    // What waited with others shows the hour for which it waited.
    const [done, step] = [Math.floor(said.at_ms / 3_600_000), said.waits ?? 0];
    const hour = step > 0 ? (Math.floor(done / step) + 1) * step : done;
    const isSaid = acts[said.act] === leaf[21] && hour === number(leaf.slice(17, 21));
    if (!same(bound, leaf.slice(22)) || !isSaid) wrong("text");
    return { said, ...(await prove(file.proof, leaf, trust)) };
  };

  // That of a destruction: a note with any text.
  const certificate = async (text, trust) => {
    const note = partsOf(text);
    const keys = trust.logs.filter((each) => note.signatures.some(({ name }) => name === each.name));
    if (!keys.length) wrong("key");
    if (!(await isSigned(note, keys))) wrong("signature");
    return { place: keys[0].name, seen: [], text: note.body };
  };

  const check = async (text) => {
    const own = box.querySelector("textarea").value.trim();
    const logs = own ? own.split(/\s+/) : JSON.parse(box.dataset.logs);
    const trust = { logs: [], witnesses: [] };
    for (const each of logs) trust.logs.push(await keyOf(each, 1));
    for (const each of JSON.parse(box.dataset.witnesses)) trust.witnesses.push(await keyOf(each, 4));
    if (text.startsWith("c2sp.org/tlog-proof@v1")) return [await prove(text, null, trust)];
    if (text.startsWith("kepil-destruction-1\n")) return [await certificate(text, trust)];
    const file = JSON.parse(text);
    const acts = JSON.parse(box.dataset.acts);
    if (file?.format !== "kepil-session-1") return [await receipt(file, trust, acts)];
    const found = [];
    for (const entry of file.entries) {
      const one = await receipt(entry.receipt, trust, acts);
      if (one.said.session !== file.session.mark) wrong("session");
      found.push(one);
    }
    return found;
  };

  const found = document.getElementById("found");
  const line = (tag, text) => found.appendChild(Object.assign(document.createElement(tag), { textContent: text }));
  const show = (kind, text) => {
    found.replaceChildren();
    found.className = `notice ${kind}`;
    found.hidden = false;
    line("p", text);
  };
  const look = async (file) => {
    try {
      // A receipt has some KB, the file of a session a few MB.
      const all = file.size > 64 * 1024 * 1024 ? wrong("format") : await check(await file.text());
      show("good", word(all[0]?.text ? "certified" : "holds"));
      for (const { said, place, seen, text } of all.slice(0, 100)) {
        line("p", place);
        seen.forEach((each) => line("p", `${word("witnessed")} ${each}`));
        if (said ?? text) line("pre", text ?? JSON.stringify(said, null, 2));
      }
    } catch (error) {
      const isOld = error.name === "NotSupportedError";
      show("bad", word(isOld ? "unable" : error instanceof Wrong ? error.message : "format"));
    }
  };
  const input = box.querySelector("input[type=file]");
  input.addEventListener("change", () => input.files[0] && look(input.files[0]));
  box.addEventListener("dragover", (event) => event.preventDefault());
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) look(event.dataTransfer.files[0]);
  });
  box.hidden = false;
})();
