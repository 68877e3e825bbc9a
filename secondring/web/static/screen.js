// Second Ring, in the browser. Every page works without this; with it, screens follow what happens and keys work.
"use strict";

const secondRing = (() => {
  const DRAW_ANEW = 30000; // clocks run in what is shown: a row turns late without anybody's doing
  let drawnAt = Date.now();
  const QUIET_FOR_TOO_LONG = 25000; // the service says something every 10 s

  // ---- pieces that follow changes: <div data-live="work calls" data-src="/work/rows?site=...">

  const pieces = () => [...document.querySelectorAll("[data-live]")];
  let source = null;
  let heardAt = Date.now();
  const busy = new Set();
  const again = new Set();

  async function refresh(piece) {
    if (busy.has(piece)) { again.add(piece); return; }
    busy.add(piece);
    try {
      const answer = await fetch(piece.dataset.src, {
        headers: { "X-Live": "1" }, credentials: "same-origin", redirect: "error",
      });
      if (answer.status === 401) { signedOut(); return; }
      if (answer.ok) { put(piece, await answer.text()); } else if (answer.status === 429 || answer.status === 503) {
        setTimeout(() => refresh(piece), 1000 + Math.random() * 1000); // all screens of a clinic asked at once
      }
    } catch (error) {
      tellLink(false);
    } finally {
      busy.delete(piece);
      if (again.delete(piece)) { refresh(piece); }
    }
  }

  function put(piece, html) {
    if (piece.dataset.shown === html) { return; }
    if (isBeingUsed(piece)) { piece.dataset.waiting = "1"; return; }
    delete piece.dataset.waiting;
    piece.dataset.shown = html;
    const focus = placeOf(document.activeElement, piece);
    const before = new Set([...piece.querySelectorAll("[data-row]")].map((row) => row.dataset.row));
    piece.innerHTML = html;
    for (const row of piece.querySelectorAll("[data-row]")) {
      if (!before.has(row.dataset.row)) { row.classList.add("arrived"); }
    }
    if (focus) { restore(focus, piece); }
    if (linkUp !== null) { tellLink(linkUp); }
    document.dispatchEvent(new CustomEvent("drawn", { detail: piece }));
  }

  // Somebody who types, or has a menu open, must not lose it.
  function isBeingUsed(piece) {
    const active = document.activeElement;
    const typing = piece.contains(active) && active.matches("input:not([type=hidden]), textarea, select");
    return typing || piece.querySelector("details[open][data-hold]") !== null;
  }

  function placeOf(element, piece) {
    if (!element || !piece.contains(element)) { return null; }
    const row = element.closest("[data-row]");
    return row ? { row: row.dataset.row, key: element.dataset.key || "" } : null;
  }

  function restore(focus, piece) {
    const row = [...piece.querySelectorAll("[data-row]")].find((one) => one.dataset.row === focus.row);
    if (!row) { return; }
    const inside = focus.key ? row.querySelector(`[data-key="${focus.key}"]`) : null;
    (inside || row).focus();
  }

  function follow() {
    const found = pieces();
    if (!found.length || !window.EventSource) { return; }
    const topics = new Set(found.flatMap((piece) => piece.dataset.live.split(" ")));
    const asked = new URLSearchParams();
    asked.set("topics", [...topics].filter((topic) => topic !== "episode").join(","));
    const story = found.find((piece) => piece.dataset.episode);
    if (story) { asked.set("episode", story.dataset.episode); }
    source = new EventSource(`/live?${asked}`);
    const all = () => pieces().forEach(refresh);
    source.addEventListener("hello", () => { heard(); tellLink(true); all(); });
    for (const topic of topics) {
      source.addEventListener(topic, () => {
        heard();
        pieces().filter((piece) => piece.dataset.live.split(" ").includes(topic)).forEach(refresh);
      });
    }
    source.addEventListener("signed-out", signedOut);
    source.addEventListener("error", () => tellLink(false));
    source.addEventListener("open", heard);
    window.addEventListener("pagehide", () => source.close());
  }

  function heard() { heardAt = Date.now(); }

  let linkUp = null;
  function tellLink(live) {
    linkUp = live;
    for (const lamp of document.querySelectorAll("[data-lamp]")) {
      lamp.textContent = live ? lamp.dataset.current : "not up to date: trying again";
      lamp.classList.toggle("off", !live);
    }
  }

  function signedOut() {
    if (source) { source.close(); }
    document.body.classList.add("signed-out");
    const news = document.createElement("div");
    news.className = "signed-out-note";
    news.setAttribute("role", "alert");
    const link = document.createElement("a");
    link.href = `/log-in?next=${encodeURIComponent(location.pathname)}`;
    link.textContent = "Sign in again";
    link.className = "button main";
    news.append("You are signed out. This screen shows nothing new until you sign in. ", link);
    if (!document.querySelector(".signed-out-note")) { document.body.prepend(news); }
    document.dispatchEvent(new CustomEvent("signed-out"));
  }

  function say(words) {
    const news = document.getElementById("news");
    if (news && news.textContent !== words) { news.textContent = words; }
  }

  // ---- an idle page says so before it is signed out; what a screen does by itself counts for nothing

  const WARN_BEFORE = 120; // seconds
  let endsAt = 0;

  function stillHere() {
    const idle = Number(document.querySelector("main")?.dataset.idle || 0);
    endsAt = idle ? Date.now() + idle * 1000 : 0;
    document.querySelector(".idle-note")?.remove();
  }

  function watchIdleness() {
    if (!endsAt || document.body.classList.contains("signed-out")) { return; }
    if (Date.now() > endsAt) { endsAt = 0; pieces().forEach(refresh); return; }
    if (Date.now() < endsAt - WARN_BEFORE * 1000 || document.querySelector(".idle-note")) { return; }
    const note = document.createElement("div");
    note.className = "idle-note";
    note.setAttribute("role", "alert");
    const form = document.createElement("form");
    form.setAttribute("action", "/account/stay");
    form.dataset.quick = "";
    const token = document.createElement("input");
    token.type = "hidden";
    token.name = "csrf";
    token.value = document.querySelector("main").dataset.csrf;
    const button = document.createElement("button");
    button.className = "main";
    button.textContent = "Stay signed in";
    form.append(token, button);
    note.append("You will be signed out in two minutes. ", form);
    document.body.prepend(note);
  }

  // ---- time that runs: <span data-since="1700000000"></span>

  function span(seconds) {
    const s = Math.max(0, Math.floor(seconds));
    if (s < 60) { return `${s} s`; }
    if (s < 3600) { return `${Math.floor(s / 60)} min`; }
    const h = Math.floor(s / 3600);
    if (h < 24) { const m = Math.floor(s / 60) % 60; return m ? `${h} h ${m} min` : `${h} h`; }
    return h < 48 ? "1 day" : `${Math.floor(h / 24)} days`;
  }

  function clockFace(seconds) {
    const s = Math.max(0, Math.floor(seconds));
    const two = (n) => String(n).padStart(2, "0");
    return s < 3600 ? `${two(Math.floor(s / 60))}:${two(s % 60)}`
      : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  }

  // The service's clock is the one that counts.
  const ahead = (() => {
    const told = Number(document.querySelector("main")?.dataset.now || 0);
    return told ? Date.now() / 1000 - told : 0;
  })();

  function tick() {
    const now = Date.now() / 1000 - ahead;
    for (const place of document.querySelectorAll("[data-since]")) {
      const seconds = now - Number(place.dataset.since);
      const words = place.dataset.face === "clock" ? clockFace(seconds) : span(seconds);
      if (place.textContent !== words) { place.textContent = words; }
    }
    if (source && Date.now() - heardAt > QUIET_FOR_TOO_LONG && source.readyState !== EventSource.OPEN) {
      tellLink(false);
    }
    watchIdleness();
    if (Date.now() - drawnAt > DRAW_ANEW) { drawnAt = Date.now(); pieces().forEach(refresh); }
    for (const piece of pieces()) {
      if (piece.dataset.waiting && !isBeingUsed(piece)) { refresh(piece); }
    }
  }

  // ---- forms that are sent without leaving the page: <form data-quick>

  async function send(form) {
    const button = form.querySelector("button:not([type=button])");
    if (button) { button.disabled = true; }
    try {
      const answer = await fetch(form.getAttribute("action"), {
        method: "POST", credentials: "same-origin", redirect: "error",
        headers: { "X-Quick": "1" }, body: new URLSearchParams(new FormData(form)),
      });
      if (answer.status === 401) { signedOut(); return false; }
      if (answer.ok) { stillHere(); }
      const told = await answer.json().catch(() => ({ words: "That did not work." }));
      toast(told.words, !answer.ok);
      return answer.ok;
    } catch (error) {
      toast("The service cannot be reached. Call from your phone; nothing is lost.", true);
      return false;
    } finally {
      if (button) { button.disabled = false; }
      pieces().forEach(refresh);
    }
  }

  let fading = 0;
  function toast(words, bad) {
    document.querySelector(".toast")?.remove();
    const box = document.createElement("div");
    box.className = bad ? "toast bad" : "toast";
    box.textContent = words;
    // A dialog lies above all else, so what is said while one is open is said inside it.
    (document.querySelector("dialog[open]") || document.body).append(box);
    say(words);
    clearTimeout(fading);
    // Long enough to read it twice, or to dial the number that is in it.
    fading = setTimeout(() => box.remove(), bad ? Math.max(9000, box.textContent.length * 150) : 4000);
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-quick]")) { return; }
    event.preventDefault();
    if (await send(form)) { form.closest("dialog")?.close(); }
  });

  document.addEventListener("click", (event) => {
    if (event.target.matches("[data-close]")) { event.target.closest("dialog").close(); }
    if (event.target.matches("[data-words]")) {
      event.preventDefault();
      const box = document.getElementById("words");
      box.value = event.target.dataset.words;
      box.focus();
      box.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });

  // ---- keys of the work list and the board

  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => !row.hidden);
  const current = () => document.activeElement?.closest("[data-row]") || null;

  function move(by) {
    const all = rows();
    if (!all.length) { return; }
    const at = all.indexOf(current());
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
    all[next].focus();
    all[next].scrollIntoView({ block: "nearest" });
  }

  function press(key) {
    const row = current() || rows()[0];
    row?.querySelector(`[data-key="${key}"]`)?.click();
  }

  function askResult() {
    const dialog = document.getElementById("done-dialog");
    const row = current() || rows()[0];
    if (!dialog || !row) { return; }
    const form = dialog.querySelector("form");
    form.reset();
    form.setAttribute("action", `/work/${row.dataset.row}/done`);
    form.elements.seen.value = row.dataset.mark;
    const urgent = row.classList.contains("urgent");
    for (const choice of form.querySelectorAll("input[name=result]")) {
      const allowed = !urgent || ["spoke", "booked"].includes(choice.value);
      choice.disabled = !allowed;
      choice.closest("label").hidden = !allowed;
    }
    dialog.showModal();
  }

  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, textarea, select") || document.querySelector("dialog[open]");
    if (event.key === "Escape" && event.target.id === "find") { event.target.value = ""; find(""); move(1); return; }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !rows().length) { return; }
    const row = current();
    const keys = {
      j: () => move(1), k: () => move(-1), c: () => press("call"), t: () => press("take"), d: askResult,
      "/": () => document.getElementById("find")?.focus(),
    };
    if (event.key === "Enter" && event.target === row) { press("open"); return; }
    const act = keys[event.key.toLowerCase()];
    if (act) { event.preventDefault(); act(); }
  });

  function find(words) {
    const wanted = words.trim().toLowerCase();
    const all = [...document.querySelectorAll("#rows [data-row]")];
    for (const row of all) {
      // A row's name is not shown, but staff are told it by text.
      row.hidden = wanted !== "" && !`${row.dataset.row} ${row.textContent}`.toLowerCase().includes(wanted);
    }
    const nothing = document.getElementById("nothing-found");
    if (nothing) { nothing.hidden = wanted === "" || all.some((row) => !row.hidden); }
  }

  document.addEventListener("input", (event) => {
    if (event.target.id === "find") { find(event.target.value); }
    const form = event.target.closest("form[data-check]");
    if (form) { checkSoon(form); }
  });
  document.addEventListener("drawn", () => { find(document.getElementById("find")?.value || ""); tick(); });

  // ---- parts and clinical words, while somebody writes

  let checking = 0;
  function checkSoon(form) {
    clearTimeout(checking);
    checking = setTimeout(async () => {
      const told = document.getElementById("parts");
      const fields = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.check, {
        method: "POST", headers: { "X-Quick": "1" }, body: fields, credentials: "same-origin",
      }).catch(() => null);
      if (!answer || !answer.ok || !told) { return; }
      const found = await answer.json();
      told.textContent = `${found.parts} ${found.parts === 1 ? "part" : "parts"}, ${found.left} characters left in it.`;
      for (const problem of found.wrong) {
        const word = document.createElement("strong");
        word.className = "wrong-word";
        word.textContent = problem;
        told.append(" ", word);
      }
    }, 300);
  }

  // ---- the urgent board: sound, for whoever does not look

  let audio = null;
  let beeping = 0;

  function beep() {
    const loud = document.querySelector("[data-loud], .signed-out-note");
    if (!audio || !loud) { return; }
    for (const [start, pitch] of [[0, 880], [0.25, 660], [0.5, 880]]) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, audio.currentTime + start);
      volume.gain.exponentialRampToValueAtTime(0.4, audio.currentTime + start + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + start + 0.22);
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + start);
      tone.stop(audio.currentTime + start + 0.25);
    }
  }

  document.addEventListener("click", async (event) => {
    if (event.target.id === "sound") {
      const on = event.target.getAttribute("aria-pressed") !== "true";
      event.target.setAttribute("aria-pressed", String(on));
      event.target.textContent = on ? "Sound is on" : "Turn sound on";
      clearInterval(beeping);
      if (on) {
        audio = audio || new AudioContext();
        await audio.resume();
        beep();
        beeping = setInterval(beep, 4000);
      } else if (audio) { await audio.suspend(); }
    }
    if (event.target.id === "full") { document.documentElement.requestFullscreen?.(); }
  });

  document.addEventListener("DOMContentLoaded", () => {
    document.documentElement.classList.add("scripted");
    const menu = document.querySelector(".top nav"); // on a phone it is wider than the screen
    if (menu) { menu.scrollLeft = (menu.querySelector("[aria-current]")?.offsetLeft ?? 0) - 60; }
    stillHere();
    follow();
    tick();
    setInterval(tick, 1000);
  });

  return { say, refresh, pieces };
})();
