// Second Ring, in the browser. Every page works without this; with it, screens follow what happens and keys work.
"use strict";

const secondRing = (() => {
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
      if (answer.ok) { put(piece, await answer.text()); }
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

  function tellLink(live) {
    for (const lamp of document.querySelectorAll("[data-lamp]")) {
      lamp.textContent = live ? lamp.dataset.live_word || "live" : "not live: trying again";
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
    for (const piece of pieces()) {
      if (piece.dataset.waiting && !isBeingUsed(piece)) { refresh(piece); }
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.documentElement.classList.add("scripted");
    follow();
    tick();
    setInterval(tick, 1000);
  });

  return { say, refresh, pieces };
})();
