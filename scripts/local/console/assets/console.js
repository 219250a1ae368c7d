// The page works without this file. With it, parts of the page arrive by themselves, links
// within the page change what is shown without loading it again, and forms are sent in the
// background.
"use strict";
(() => {
  const parts = ["clock", "grouplist", "group", "changelist", "slackview", "numbers"];
  const waiting = new Map(); // parts that came while somebody was at work in them
  let stream;

  document.documentElement.classList.add("js");

  // busy reports whether swapping an element would take away what somebody is entering.
  const busy = (element) => {
    const at = document.activeElement;
    if (!at || !element.contains(at)) return false;
    return at.matches("select, input:not([type=hidden]), textarea");
  };

  const swap = (id, html) => {
    const element = document.getElementById(id);
    if (!element) return;
    if (busy(element)) {
      waiting.set(id, html);
      return;
    }
    waiting.delete(id);
    const at = document.activeElement;
    const inside = at && element.contains(at) ? place(at) : null;
    const scroller = element.querySelector(".scroll");
    const top = scroller ? scroller.scrollTop : 0;
    element.innerHTML = html;
    const again = element.querySelector(".scroll");
    if (again) again.scrollTop = top;
    if (inside) {
      const same = element.querySelector(inside);
      if (same) same.focus({ preventScroll: true });
    }
  };

  // place is a selector that finds an element again after its part was swapped.
  const place = (element) => {
    const quote = (text) => CSS.escape(text);
    if (element.id) return "#" + quote(element.id);
    if (element.tagName === "A") return `a[href="${quote(element.getAttribute("href"))}"]`;
    const message = element.closest("[data-ts]");
    const prefix = message ? `[data-ts="${quote(message.dataset.ts)}"] ` : "";
    if (element.name) return `${prefix}[name="${quote(element.name)}"][value="${quote(element.value)}"]`;
    return null;
  };

  const release = () => {
    for (const [id, html] of [...waiting]) swap(id, html);
  };

  const listen = () => {
    if (stream) stream.close();
    stream = new EventSource("/stream" + location.search);
    for (const id of parts) stream.addEventListener(id, (e) => swap(id, e.data));
    stream.addEventListener("gone", () => location.reload());
  };

  // go shows another view.
  const go = (href, replace) => {
    const url = new URL(href, location.href);
    const same = url.search === location.search;
    history[replace ? "replaceState" : "pushState"](null, "", url);
    if (!same) {
      waiting.clear();
      if (document.activeElement && document.activeElement.matches("select")) document.activeElement.blur();
      hiddenInputs(url.searchParams);
      listen();
    }
    if (url.hash && matchMedia("(max-width: 1099px)").matches) {
      const target = document.querySelector(url.hash);
      if (target) target.scrollIntoView({ block: "start" });
    }
  };

  // hiddenInputs brings the view into the search form, which is not swapped.
  const hiddenInputs = (query) => {
    const form = document.querySelector("form.search");
    for (const old of form.querySelectorAll("input[type=hidden]")) old.remove();
    for (const [name, value] of query) {
      if (name === "search") continue;
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name, value });
      form.append(input);
    }
  };

  const formQuery = (form) => {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) query.append(name, value);
    return "/?" + query;
  };

  const post = async (form, button) => {
    const data = new URLSearchParams(new FormData(form));
    if (button && button.name) data.set(button.name, button.value);
    const action = button && button.hasAttribute("formaction") ? button.formAction : form.action;
    form.classList.add("sending");
    let html;
    try {
      const response = await fetch(action, { method: "POST", body: data, headers: { "X-Live": "1" } });
      html = await response.text();
      if (!response.ok) html = null, say(response.status === 403 ? "This page is too old. Load it again." : "That did not work. Load the page again.");
    } catch {
      html = null;
      say("Nobody answers. Is the program still running?");
    }
    form.classList.remove("sending");
    if (html === null) return;
    notice.innerHTML = html;
    fade();
  };

  const notice = document.getElementById("notice");
  let fading;

  // fade takes the notice away after a while, unless it tells of something that went wrong.
  const fade = () => {
    clearTimeout(fading);
    if (!notice.querySelector(".wrong")) fading = setTimeout(() => notice.replaceChildren(), 12000);
  };

  const say = (text) => {
    clearTimeout(fading);
    const p = document.createElement("p");
    p.className = "notice wrong";
    p.textContent = text;
    notice.replaceChildren(p);
  };

  notice.addEventListener("click", () => notice.replaceChildren());

  document.addEventListener("click", (e) => {
    const link = e.target.closest("a[data-nav]");
    if (!link || e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return;
    e.preventDefault();
    go(link.href);
  });

  document.addEventListener("submit", (e) => {
    const form = e.target;
    e.preventDefault();
    if (form.matches("[data-nav]")) go(formQuery(form));
    else post(form, e.submitter);
  });

  document.addEventListener("change", (e) => {
    const field = e.target;
    if (field.matches("[data-go]")) {
      field.blur();
      go(formQuery(field.form));
    } else if (field.matches("[data-by]")) {
      field.blur();
      const url = new URL(location.href);
      url.searchParams.set("by", field.value);
      go(url.href, true);
    } else if (field.matches("[data-send]")) {
      const button = field.form.querySelector(`button[value="${CSS.escape(field.dataset.send)}"]`);
      const form = field.form;
      field.blur();
      post(form, button);
    }
  });

  let typing;
  document.addEventListener("input", (e) => {
    if (!e.target.matches("form.search input[type=search]")) return;
    clearTimeout(typing);
    typing = setTimeout(() => go(formQuery(e.target.form), true), 150);
  });

  document.addEventListener("focusout", () => setTimeout(release, 0));
  window.addEventListener("popstate", () => {
    hiddenInputs(new URLSearchParams(location.search));
    listen();
  });
  listen();
})();
