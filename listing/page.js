'use strict';
const $ = (selector, within = document) => within.querySelector(selector);
const find = $('#find'), filterBox = find.elements.q, status = $('#status');
const table = () => $('#entries table'); // which is not there yet

// Rows.

// beside returns the row after one, or before it, that is shown; of no row, the
// first or the last.
function beside(row, back) {
  const next = back ? 'previousElementSibling' : 'nextElementSibling';
  const edge = back ? 'lastElementChild' : 'firstElementChild';
  let block = row ? row.parentNode : table()[edge];
  row = row ? row[next] : block[edge];
  for (;;) {
    while (!row) {
      if (!(block = block[next])) return;
      if (!block.hidden) row = block[edge];
    }
    if (!row.hidden && block.tagName == 'TBODY') return row;
    row = row[next];
  }
}

const link = row => $('a', row);
const rowOf = element => element?.closest?.('#entries tbody tr');

function focus(row) {
  if (!row) return;
  link(row).focus();
  row.scrollIntoView({block: 'nearest'});
}

// Filter.

let run = 0;

// filter hides the rows that lack one of the words. It makes way for the
// browser now and then, and gives up when there are newer words.
async function filter() {
  const words = filterBox.value.toLowerCase().split(/\s+/).filter(Boolean), mine = ++run;
  let shown = 0, all = 0, pause = performance.now() + 30;
  for (const block of table().querySelectorAll('tbody:not(.top)')) {
    if (performance.now() > pause) {
      await new Promise(done => setTimeout(done));
      if (mine != run) return;
      pause = performance.now() + 30;
    }
    const rows = block.rows;
    if (block.names?.length != rows.length)
      block.names = Array.from(rows, row => link(row).textContent.replace(/\/$/, '').toLowerCase());
    const fits = block.names.map(name => words.every(word => name.includes(word)));
    const count = fits.filter(Boolean).length;
    all += fits.length;
    shown += count;
    block.hidden = !count;
    if (!count) continue;
    fits.forEach((fit, i) => { if (rows[i].hidden == fit) rows[i].hidden = !fit });
    block.style.containIntrinsicBlockSize = `calc(${count} * var(--row))`;
  }
  const elsewhere = find.elements.deep?.checked ? 'Enter searches the whole tree' : find.className ? 'Enter searches all' : '';
  status.textContent = words.length && filterBox.value != filterBox.defaultValue ?
    `${shown.toLocaleString('en')} of ${all.toLocaleString('en')} shown` + (elsewhere && '; ' + elsewhere) : '';
}

find.addEventListener('input', filter);
addEventListener('DOMContentLoaded', () => { if (filterBox.value != filterBox.defaultValue) filter() });

// Dialogs.

function open(id, label, head, body) {
  const dialog = document.createElement('dialog');
  dialog.id = id;
  dialog.setAttribute('aria-label', label);
  dialog.innerHTML = `<header>${head}<button value=close aria-label=Close>✕</button></header>${body}`;
  dialog.addEventListener('click', event => {
    if (event.target == dialog || event.target.value == 'close') dialog.close();
  });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

const keys = {'/': 'filter', 'j k ↓ ↑': 'next, previous', 'Home End': 'first, last', Enter: 'open', Space: 'preview',
  '← →': 'in a preview: previous, next', x: 'select', Backspace: 'parent folder', Esc: 'clear, close', '?': 'this'};

const help = () => open('keys', 'Keys', '<b>Keys</b>',
  '<dl>' + Object.entries(keys).map(([key, what]) => `<dt><kbd>${key}</kbd><dd>${what}`).join('') + '</dl>');

// Preview.

const elements = {image: 'img', video: 'video', audio: 'audio', pdf: 'iframe', text: 'pre'};
const canPreview = row => row && elements[row.className];
const textLimit = 256 * 1024;

function preview(row) {
  const dialog = open('preview', 'Preview',
    '<a></a><button value=back aria-label=Previous>←</button><button value=on aria-label=Next>→</button>', '<div></div>');
  const title = $('a', dialog), place = $('div', dialog);
  let from;
  const show = () => {
    const {href, textContent: name} = link(row), element = document.createElement(elements[row.className]);
    title.href = href;
    title.textContent = name;
    place.replaceChildren(element);
    if (row.className == 'text') {
      element.tabIndex = 0;
      read(href, element);
    } else {
      element.controls = true;
      element.title = element.alt = name;
      element.src = href;
    }
  };
  const go = back => {
    let to = row;
    do to = beside(to, back); while (to && !canPreview(to));
    if (to) {
      row = to;
      show();
    }
  };
  dialog.addEventListener('click', event => {
    if (/^(back|on)$/.test(event.target.value)) go(event.target.value == 'back');
  });
  dialog.addEventListener('keydown', event => {
    const {key, target} = event;
    if (target.closest('video, audio')) return;
    if (key == 'ArrowLeft' || key == 'ArrowRight') go(key == 'ArrowLeft');
    else if (key == ' ' && !target.closest('button')) dialog.close();
    else return;
    event.preventDefault();
  });
  dialog.addEventListener('touchstart', ({touches: [touch, more]}) => { from = more ? null : touch });
  dialog.addEventListener('touchend', ({changedTouches: [to]}) => {
    const x = from ? to.clientX - from.clientX : 0;
    if (Math.abs(x) > 60 && Math.abs(x) > 2 * Math.abs(to.clientY - from.clientY)) go(x > 0);
  });
  dialog.addEventListener('close', () => focus(row));
  show();
}

// read shows the beginning of a text. A server may send all of it nevertheless.
async function read(href, element) {
  try {
    const answer = await fetch(href, {headers: {Range: `bytes=0-${textLimit - 1}`}});
    if (answer.status == 416) return;
    if (!answer.ok) throw answer.statusText;
    const reader = answer.body.getReader(), decoder = new TextDecoder();
    let length = 0, text = '';
    while (length < textLimit) {
      const {done, value} = await reader.read();
      if (done) break;
      length += value.length;
      text += decoder.decode(value, {stream: true});
    }
    reader.cancel();
    element.textContent = length < textLimit ? text : text.slice(0, textLimit) + '\n…';
  } catch (error) {
    element.textContent = `Not to be read: ${error}`;
  }
}

// Keys and clicks.

document.addEventListener('click', event => {
  const row = rowOf(event.target);
  if (!event.target.closest('a') || !canPreview(row) || event.ctrlKey || event.metaKey || event.shiftKey || !event.detail) return;
  const edge = row.getBoundingClientRect().left + parseFloat(getComputedStyle(link(row), '::before').left || 16) + 32;
  if (event.clientX > edge) return;
  event.preventDefault();
  preview(row);
});

document.addEventListener('keydown', event => {
  const {key, target} = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || $('dialog')) return;
  if (target == filterBox) {
    if (key == 'ArrowDown') focus(beside());
    else if (key == 'Escape' && filterBox.value) {
      filterBox.value = '';
      filter();
    } else if (key == 'Escape') filterBox.blur();
    else return;
    event.preventDefault();
    return;
  }
  const row = rowOf(target);
  if (key == '/') {
    filterBox.focus();
    filterBox.select();
  } else if (key == '?') help();
  else if (key == 'j' || key == 'ArrowDown') focus(beside(row));
  else if (key == 'k' || key == 'ArrowUp') focus(row && beside(row, true));
  else if (key == 'Home') focus(beside());
  else if (key == 'End') focus(beside(null, true));
  else if (key == ' ' && target.matches('a') && canPreview(row)) preview(row);
  else if (key == 'x' && row) $('input', row)?.click();
  else if (key == 'Backspace') $('.up a')?.click();
  else return;
  event.preventDefault();
});
