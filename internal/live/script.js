// Keeps the page up to date. Each line that does not end with a brace, bracket
// or operator ends with a semicolon: all become one.
(() => {
	"use strict";
	const element = document.currentScript;
	const mark = Symbol.for("gserve live");
	// A page that took this in with other content has it already. One in a
	// sandbox has no origin, and may not connect.
	if (!element?.dataset.path || window[mark] || window.origin === "null") return;
	window[mark] = true;
	element.remove();
	const path = element.dataset.path;
	const stream = location.origin + path;
	let seen = Number(element.dataset.since);
	let leaving = false;

	// What the page has loaded, and how: a map of paths to sets of ways.
	const loaded = new Map([[pathOf(location.href), new Set(["navigation"])]]);
	const observer = new PerformanceObserver(list => note(list.getEntries()));
	observer.observe({type: "resource", buffered: true});

	function note(entries) {
		for (const {name, initiatorType} of entries) {
			const at = pathOf(name);
			if (!loaded.has(at)) loaded.set(at, new Set());
			loaded.get(at).add(initiatorType);
		}
	}

	// The path of a URL of this site, "" of others.
	function pathOf(reference) {
		const url = attempt(() => new URL(reference, document.baseURI));
		return url?.origin === location.origin ? attempt(() => decodeURIComponent(url.pathname)) ?? "" : "";
	}

	// Files are told by names below a folder, which URLs end with.
	function isAt(reference, name) {
		return pathOf(reference).endsWith("/" + name);
	}

	function waysOf(name) {
		note(observer.takeRecords());
		return [...loaded].filter(([at]) => at.endsWith("/" + name)).flatMap(([, ways]) => [...ways]);
	}

	// The URL that gets what there is now.
	function renewed(reference) {
		const url = new URL(reference, document.baseURI);
		url.searchParams.set("live", seen);
		return url.href;
	}

	// Takes a change in, unless it came before.
	function take(change) {
		if (leaving || change.version <= seen) return;
		const missed = change.since > seen;
		seen = change.version;
		const {styles = [], images = [], sources = []} = change;
		if (missed || change.reload || sources.some(name => waysOf(name).length > 0)) return reload();
		const links = new Set();
		for (const name of styles) {
			const found = linksOf(name);
			if (!found) return reload();
			found.forEach(link => links.add(link));
		}
		if (!images.every(swapImages)) return reload();
		links.forEach(swapLink);
	}

	const swapped = new WeakSet();

	// The links whose styles are of this file: all, if none of them seems to be.
	// None will do if the page has the file in another way.
	function linksOf(name) {
		const links = [...document.querySelectorAll("link[rel~=stylesheet i]")].filter(link => !link.disabled && pathOf(link.href) && !swapped.has(link));
		const found = links.filter(link => [link.href, ...imports(link.sheet)].some(reference => isAt(reference, name)));
		if (found.length > 0) return found;
		return waysOf(name).length > 0 ? null : links;
	}

	// What styles import from this site.
	function imports(sheet) {
		const imported = [...attempt(() => sheet.cssRules) ?? []].map(rule => rule.styleSheet).filter(Boolean);
		return imported.filter(other => pathOf(other.href)).flatMap(other => [other.href, ...imports(other)]);
	}

	// Has another link take the place of this one as soon as its styles are there.
	function swapLink(link) {
		swapped.add(link);
		const next = link.cloneNode();
		next.href = renewed(link.href);
		for (const event of ["load", "error"]) next.addEventListener(event, () => link.remove(), {once: true});
		link.after(next);
	}

	// Whether styles of the page name the file. Browsers load what is an image as
	// well only once, so that there is no knowing from how.
	function isInStyles(name) {
		const rules = [...document.styleSheets].flatMap(sheet => [...attempt(() => sheet.cssRules) ?? []]);
		const texts = [...rules.map(rule => rule.cssText), ...[...document.querySelectorAll("[style]")].map(e => e.getAttribute("style"))];
		const base = name.split("/").pop();
		return texts.some(text => text.includes(base) || text.includes(encodeURI(base)));
	}

	// Shows an image anew, or returns false if the page has it in another way.
	function swapImages(name) {
		if (isInStyles(name) || waysOf(name).some(way => !["img", "input", "video"].includes(way))) return false;
		let isFound = false;
		for (const image of document.querySelectorAll("img, picture > source, input[type=image i], video")) {
			for (const key of ["src", "srcset", "poster"]) {
				const was = image.getAttribute(key) ?? "";
				const renew = reference => isAt(reference, name) ? renewed(reference) : reference;
				const is = key === "srcset" ? was.replace(/[^\s,]\S*[^\s,]/g, renew) : renew(was);
				if (is !== was) {
					image.setAttribute(key, is);
					isFound = true;
				}
			}
		}
		return isFound;
	}

	const memory = "gserve live: " + location.href;

	// Loads the page anew. What is asked for after a change shows that change,
	// whatever the server knows of its age. Browsers keep the place in the page,
	// but not those in elements that scroll. Who is asked by the page whether to
	// leave may stay, and hears of the next change.
	function reload() {
		leaving = true;
		setTimeout(() => { leaving = false; }, 3000);
		const scrolled = [...document.querySelectorAll("*")].filter(e => e !== document.scrollingElement && (e.scrollLeft || e.scrollTop));
		const places = scrolled.map(e => [selectorOf(e), e.scrollLeft, e.scrollTop]);
		attempt(() => sessionStorage.setItem(memory, JSON.stringify({path, seen, places})));
		location.reload();
	}

	function selectorOf(e) {
		const parent = e.parentElement;
		return parent ? `${selectorOf(parent)} > :nth-child(${[...parent.children].indexOf(e) + 1})` : ":root";
	}

	function remember() {
		const kept = attempt(() => JSON.parse(sessionStorage.getItem(memory))) ?? {};
		attempt(() => sessionStorage.removeItem(memory));
		if (kept.path === path) seen = Math.max(seen, kept.seen);
		for (const event of ["DOMContentLoaded", "load"]) {
			addEventListener(event, () => {
				for (const [selector, left, top] of kept.places ?? []) document.querySelector(selector)?.scrollTo({left, top, behavior: "instant"});
			}, {once: true});
		}
	}

	// What f returns, or null if it may not do what it does: pages may be denied
	// to store anything, and to look at styles of other sites.
	function attempt(f) {
		try {
			return f();
		} catch {
			return null;
		}
	}

	// Of all pages in the browser, one has the stream, and passes on what comes:
	// browsers have few connections to a site. It is the one that claimed it last,
	// which is the one that was looked at last: what is hidden may be frozen.
	let channel, source, timer, heard;
	let claimed = 0;

	function claim() {
		clearTimeout(timer);
		if (!channel || leaving) return;
		drop();
		heard = Date.now();
		claimed = heard + Math.random();
		channel.postMessage({claim: claimed});
		const own = source = new EventSource(`${stream}?since=${seen}`);
		own.addEventListener("change", event => tell({change: JSON.parse(event.data)}));
		own.addEventListener("alive", () => {
			tell({});
			if (document.hidden) channel?.postMessage({offer: true});
		});
		own.addEventListener("error", () => {
			if (own === source && own.readyState === EventSource.CLOSED && !leaving) lost();
		});
	}

	// Pages that could claim it at the same time do so one after the other, and
	// then all but the first need not.
	function claimSoon(least) {
		clearTimeout(timer);
		timer = setTimeout(claim, least + (least + 50) * Math.random());
	}

	function drop() {
		source?.close();
		source = null;
	}

	function tell(message) {
		channel?.postMessage(message);
		hear(message);
	}

	function hear(message) {
		heard = Date.now();
		if (message.claim) yieldTo(message.claim);
		if (message.free && !source) claimSoon(document.hidden ? 300 : 0);
		if (message.offer && !source && !document.hidden) claimSoon(0);
		if (message.change) take(message.change);
		if (message.gone) startAnew();
	}

	function yieldTo(other) {
		clearTimeout(timer);
		if (other > claimed) drop();
		else if (source) channel.postMessage({claim: claimed});
	}

	// The server answers, but not with a stream: it is another run, whose stream
	// is elsewhere, unless something between here and there is out of order.
	async function lost() {
		const answer = await fetch(stream, {method: "HEAD", cache: "no-store"}).catch(() => null);
		const isOurs = answer?.ok && answer.headers.get("Content-Type") === "text/event-stream";
		if (!answer || answer.status >= 500 || isOurs) claimSoon(1000);
		else tell({gone: true});
	}

	// Loads the page of the other run, once: one from a cache is of this run.
	function startAnew() {
		const key = "gserve live: gone";
		if (leaving) return;
		if (attempt(() => sessionStorage.getItem(key)) === path) {
			claimSoon(10000);
			return;
		}
		attempt(() => sessionStorage.setItem(key, path));
		reload();
	}

	function join() {
		channel = new BroadcastChannel(path);
		channel.onmessage = event => hear(event.data);
		claim();
	}

	function leave() {
		clearTimeout(timer);
		if (source) channel?.postMessage({free: true});
		drop();
		channel?.close();
		channel = null;
	}

	addEventListener("pagehide", leave);
	addEventListener("pageshow", event => {
		if (event.persisted) join();
	});
	document.addEventListener("visibilitychange", () => {
		if (document.hidden && source) channel?.postMessage({offer: true});
		if (!document.hidden && (!source || Date.now() - heard > 30000)) claim();
	});
	setInterval(() => {
		if (Date.now() - heard > 60000) claim();
	}, 20000);
	remember();
	join();
})();
