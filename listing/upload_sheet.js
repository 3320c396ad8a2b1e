// Words.

const count = (n, one, many = one + 's') => `${n.toLocaleString('en')} ${n == 1 ? one : many}`;

function size(bytes) {
  if (bytes < 1024) return bytes + ' B';
  let unit = -1;
  do bytes /= 1024, unit++; while (bytes >= 1023.5);
  return `${bytes.toFixed(bytes < 9.95 ? 1 : 0)} ${'KMGTPE'[unit]}iB`;
}

function duration(seconds) {
  if (seconds < 59.5) return Math.ceil(seconds) + ' s';
  return seconds < 3570 ? Math.round(seconds / 60) + ' min' : Math.round(seconds / 3600) + ' h';
}

function progress(sent, all, rate) {
  const words = [Math.floor(100 * sent / Math.max(all, 1)) + ' %'];
  if (rate > 1) words.push(size(Math.round(rate)) + '/s', duration((all - sent) / rate) + ' left');
  return words.join(', ');
}

const refusals = {
  401: 'it needs a password', 403: 'not allowed here', 404: 'the folder is gone', 405: 'nothing can be uploaded here',
  413: 'too large for the server', 507: 'no room left on the server',
};

// wordsOf returns why a server refuses, in its own words if it has some.
function wordsOf({status, responseText: text}) {
  const [, words] = /^\d{3} [^:\n]*: (.{1,200})\n?$/.exec(text) || [];
  return words || refusals[status] || `the server answered ${status}`;
}

// shown returns a name with what would not be seen in it, or turn it around,
// made visible.
const shown = name => name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, c => /[\u200c\u200d]/.test(c) ? c : '\ufffd');

// cut cuts a name in two between characters: what may be shortened, and its end.
function cut(name) {
  const parts = window.Intl?.Segmenter ? Array.from(new Intl.Segmenter().segment(name), part => part.segment) : [...name];
  return [parts.slice(0, -10).join(''), parts.slice(-10).join('')];
}

// The sheet.

form.innerHTML = '<button type=button id=pick>Upload files to <bdi></bdi></button>' +
  '<button type=button class=small value=camera aria-label="Take a photo" title="Take a photo"><span>Camera</span></button>' +
  '<button type=button class=small value=folder aria-label="Upload a folder" title="Upload a folder"><span>Folder</span></button>' +
  '<span class=hint>or drop them anywhere</span>' +
  '<input type=file multiple hidden><input type=file accept="image/*" capture=environment hidden><input type=file webkitdirectory hidden>';
form.insertAdjacentHTML(isBox ? 'afterend' : 'beforebegin', '<p role=status></p><div id=sheet hidden><details open><summary><div><b></b><small></small></div></summary><ul></ul><p hidden></p></details>' +
  '<div class=all><button type=button value=retry aria-label="Retry all" title="Retry all">↻</button><button type=button value=close>✕</button></div></div>');
const [pick, ...others] = form.querySelectorAll('button'), inputs = form.querySelectorAll('input');
const sheet = section.querySelector('#sheet'), headline = sheet.querySelector('b'), details = sheet.querySelector('small'), list = sheet.querySelector('ul'), rest = sheet.querySelector('p');
const [retryAll, close] = sheet.querySelectorAll('.all button'), status = section.querySelector('[role=status]');
form.querySelector('bdi').textContent = folderName;

const announce = text => { status.textContent = text };

let ticks;
const show = () => {
  sheet.hidden = false;
  ticks ||= setInterval(tick, 500);
};

function addRow(upload) {
  if (!upload.row) {
    const row = upload.row = document.createElement('li'), [head, tail] = cut(shown(upload.name));
    row.innerHTML = '<bdi><span></span></bdi><progress></progress><small></small><button type=button value=retry title=Retry>↻</button><button type=button value=cancel title=Cancel>✕</button>';
    row.querySelector('span').textContent = head;
    row.querySelector('bdi').append(tail);
    row.title = shown(upload.name);
    for (const [selector, label] of [['progress', 'Progress of '], ['[value=retry]', 'Retry '], ['[value=cancel]', 'Cancel ']])
      row.querySelector(selector).setAttribute('aria-label', label + shown(upload.name));
    row.onclick = ({target: {value}}) => {
      if (value == 'retry') (upload.wake || retry)(upload);
      else if (value == 'cancel' && running.has(upload)) cancel(upload);
      else if (value == 'cancel') dismiss(upload);
    };
  }
  if (!upload.row.isConnected) list.prepend(upload.row);
  paint(upload);
}

function dismiss(upload) {
  drop(upload);
  failed.delete(upload);
  upload.row.remove();
  paintAll();
}

const set = (element, property, value) => { if (element[property] !== value) element[property] = value };

function paint(upload) {
  const {row, state} = upload;
  if (!row) return;
  const bar = row.querySelector('progress');
  let {words} = upload;
  if (state == 'running') words = progress(sentOf(upload), upload.size, upload.rate);
  if (state == 'lost') words += `: tries again in ${duration(Math.max(1, (upload.until - performance.now()) / 1000))}`;
  set(row, 'className', state);
  set(row.querySelector('small'), 'textContent', words);
  set(row.querySelector('[value=retry]'), 'hidden', !/failed|cancelled|lost/.test(state));
  set(row.querySelector('[value=cancel]'), 'hidden', state == 'done');
  set(bar, 'max', Math.max(upload.size, 1));
  set(bar, 'value', sentOf(upload));
}

function paintAll() {
  const {files, done, cancelled, size: all, rate} = batch, isBusy = running.size + queue.length > 0, lost = failed.size;
  let sent = batch.sent;
  for (const upload of running) sent += sentOf(upload);
  const parts = [isBusy ? files == 1 ? 'Uploading 1 file' : `Uploading ${done.toLocaleString('en')} of ${count(files, 'file')}` :
    `${count(done, 'file')} ${isBox ? 'sent' : 'uploaded'}`];
  if (lost) parts.push(`${lost.toLocaleString('en')} failed`);
  if (cancelled) parts.push(`${cancelled.toLocaleString('en')} cancelled`);
  set(headline, 'textContent', parts.join(', '));
  set(details, 'textContent', isBusy ? progress(sent, all, rate) : '');
  const more = [];
  if (queue.length) more.push(`${queue.length.toLocaleString('en')} more to come`);
  const unseen = lost - list.querySelectorAll('.failed').length;
  if (unseen > 0) more.push(`${unseen.toLocaleString('en')} more failed`);
  set(rest, 'textContent', more.join(', '));
  set(rest, 'hidden', !more.length);
  set(retryAll, 'hidden', lost < 2);
  const label = isBusy ? 'Cancel all' : 'Close';
  set(close, 'hidden', isBox && !isBusy);
  set(close, 'title', label);
  set(close, 'ariaLabel', label);
  return sent;
}

// tick measures how fast things go, and paints what has changed.
function tick() {
  for (const upload of running) {
    const rate = 2 * Math.max(0, sentOf(upload) - upload.before);
    upload.rate = upload.rate ? .8 * upload.rate + .2 * rate : rate;
    upload.before = sentOf(upload);
    paint(upload);
  }
  const sent = paintAll(), rate = 2 * Math.max(0, sent - batch.before);
  batch.rate = batch.rate ? .8 * batch.rate + .2 * rate : rate;
  batch.before = sent;
}

// prune takes out rows of what is over, the oldest first, where there are many.
function prune() {
  for (const [state, most] of [['done', isBox ? 200 : doneRows], ['cancelled', doneRows], ['failed', failedRows]]) {
    const rows = list.querySelectorAll('.' + state);
    for (let i = rows.length - 1; i >= most; i--) rows[i].remove();
  }
}

function finish() {
  clearInterval(ticks);
  ticks = 0;
  paintAll();
  announce(headline.textContent);
  if (batch.done && !isBox) refresh();
}

retryAll.onclick = () => { for (const upload of [...failed]) retry(upload) };
close.onclick = () => {
  if (running.size + queue.length) {
    batch.cancelled += queue.length;
    for (const upload of queue.splice(0)) batch.size -= upload.size;
    for (const upload of running) cancel(upload);
    return;
  }
  for (const upload of failed) drop(upload);
  failed.clear();
  list.replaceChildren();
  sheet.hidden = true;
  pick.focus();
};

addEventListener('beforeunload', event => { if (running.size + queue.length) event.preventDefault() });

// refresh brings the new files into the rows without a new page, which would
// lose what is typed, ticked and told.
async function refresh() {
  if (document.querySelectorAll('#entries tr').length > 5000) {
    details.innerHTML = '<a href="">Reload to see them</a>';
    return;
  }
  try {
    const answer = await fetch(location.href, {headers: {Accept: 'text/html'}, cache: 'no-cache'});
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html'), main = page.querySelector('main');
    const ticked = new Set(Array.from(document.querySelectorAll('[name=name]:checked'), box => box.value));
    const focused = document.activeElement.closest('#entries a')?.href;
    for (const box of main.querySelectorAll('[name=name]')) box.checked = ticked.has(box.value);
    document.querySelector('main').replaceWith(main);
    document.querySelector('#summary').textContent = page.querySelector('#summary').textContent;
    if (!document.querySelector('#save') && page.querySelector('#save')) document.querySelector('#status').after(page.querySelector('#save'));
    if (filterBox.value != filterBox.defaultValue) filter();
    for (const a of main.querySelectorAll('#entries a')) if (a.href == focused) a.focus({preventScroll: true});
  } catch {} // the page is as it was
}
