// The page works without this file. With it, parts of the page arrive by themselves, links
// within the page change what is shown without loading it again, and forms are sent in the
// background.
"use strict";
(() => {
  const parts = ["clock", "grouplist", "group", "changelist", "connections", "slackview", "numbers"];
  let stream;

  document.documentElement.classList.add("js");

  // keyOf names an element among its siblings, so that it is found again in a newer version.
  const keyOf = (node) =>
    node.nodeType !== 1 ? "" : node.id || node.dataset.ts || node.dataset.field || node.getAttribute("name") || node.getAttribute("href") || "";

  const alike = (a, b) => a.nodeName === b.nodeName && keyOf(a) === keyOf(b);

  let opened; // a dialog that came with the newest version

  // become makes what an element holds like what another one holds. Elements that are in both
  // stay the same ones: a press that has begun, a menu that is open, and the focus survive.
  const become = (element, wanted) => {
    const nodes = [...wanted.childNodes];
    // What is gone goes first: what stays need not be moved then, and keeps its place on the screen.
    for (const old of [...element.childNodes]) if (!nodes.some((next) => alike(old, next))) old.remove();
    let at = element.firstChild;
    for (const next of nodes) {
      let same = at;
      while (same && !alike(same, next)) same = same.nextSibling;
      if (!same) {
        element.insertBefore(next, at);
        if (next.nodeType === 1 && next.matches("[role=dialog]")) opened = next;
        continue;
      }
      if (same === at) at = at.nextSibling;
      else element.insertBefore(same, at);
      update(same, next);
    }
    while (at) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
  };

  const update = (node, next) => {
    if (node.nodeType !== 1) {
      if (node.nodeValue !== next.nodeValue) node.nodeValue = next.nodeValue;
      return;
    }
    const value = node.getAttribute("value");
    const selected = node.hasAttribute("selected");
    for (const { name } of [...node.attributes]) if (!next.hasAttribute(name)) node.removeAttribute(name);
    for (const { name, value } of next.attributes) if (node.getAttribute(name) !== value) node.setAttribute(name, value);
    become(node, next);
    // What somebody has entered stays until the server has something new to say of it.
    if (node.matches("input") && value !== node.getAttribute("value")) node.value = next.value;
    if (node.matches("option") && selected !== node.hasAttribute("selected")) node.selected = next.selected;
  };

  const swap = (id, html) => {
    const element = document.getElementById(id);
    if (!element) return;
    const wanted = document.createElement("template");
    wanted.innerHTML = html;
    become(element, wanted.content);
    // Whoever pressed something far below sees what came of it: the head of the dialog, at least.
    if (opened) opened.firstElementChild.scrollIntoView({ block: "nearest" });
    opened = null;
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

  const post = async (form, button, elsewhere) => {
    const data = new URLSearchParams(new FormData(form));
    if (button && button.name) data.set(button.name, button.value);
    const action = elsewhere || (button && button.hasAttribute("formaction") ? button.formAction : form.action);
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
    if (form.matches(".settings") && notice.querySelector(".refused")) form.reset();
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
    } else if (field.matches("[data-fill]")) {
      post(field.form, null, "/modal/fill");
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

  window.addEventListener("popstate", () => {
    const query = new URLSearchParams(location.search);
    hiddenInputs(query);
    document.getElementById("search").value = query.get("search") || "";
    listen();
  });
  listen();
})();
