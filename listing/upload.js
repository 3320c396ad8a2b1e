// How files are sent. This script is one with those of the sheet, which shows it,
// and of the choice, which begins it.

const MiB = 1 << 20;
const wholeSize = MiB; // of a file up to which it goes in one request
const pieceSize = 8 * MiB, largestPiece = 64 * MiB; // what goes at once of others
const together = 3; // files at a time
const silence = 30, slowAnswer = 300; // seconds without a sign of life that end a request
const stubborn = 5; // times that a server may fail at the same place
const doneRows = 20, failedRows = 50; // that are shown at most

const section = document.querySelector('#upload'), form = section.querySelector('form');
const folderName = section.querySelector('bdi').textContent, maxSize = +section.dataset.max;
const isBox = document.body.className == 'dropbox', here = new URL('.', location).href;

// Uploads.

// Refusal ends an upload; Interruption has it go on after a while.
class Refusal extends Error {}
class Interruption extends Error {
  constructor(words, {isPatient = false, after = 0} = {}) {
    super(words);
    Object.assign(this, {isPatient, after});
  }
}

const queue = [], running = new Set(), failed = new Set();
let proven = false; // somebody has given the password, if there is one to be given
let batch = {done: 0}; // what is on its way since there was nothing
// newBatch begins to count. A drop box, which shows nothing else, counts on.
function newBatch() {
  const done = isBox ? batch.done : 0;
  batch = {files: done, done, cancelled: 0, size: 0, sent: 0, rate: 0, before: 0};
}
newBatch();

// An upload is one file on its way to the folder. Its name has those of the
// folders that it was found in. What is sent of it is what the server has for
// certain, and what has gone of the piece after that.
const sentOf = upload => upload.offset + upload.gone;

function add(items) {
  if (!items.length) return;
  const isFirst = !running.size && !queue.length;
  if (isFirst) newBatch();
  for (const {file, name} of items) {
    const upload = {
      file, name, size: file ? file.size : 0, location: '', offset: 0, gone: 0, piece: pieceSize, rate: 0, before: 0, state: 'waiting', words: '',
    };
    batch.files++;
    batch.size += upload.size;
    queue.push(upload);
  }
  show();
  startNext();
  if (isFirst) announce('Uploading');
}

function startNext() {
  while (queue.length && running.size < (proven ? together : 1)) run(queue.shift());
  paintAll();
}

async function run(upload) {
  running.add(upload);
  Object.assign(upload, {state: 'running', words: '', isCancelled: false, before: upload.offset, rate: 0});
  addRow(upload);
  try {
    await carry(upload);
    end(upload, 'done', upload.result == upload.name ? size(upload.size) : `as ${shown(upload.result)}, ${size(upload.size)}`);
    batch.done++;
    batch.sent += upload.size;
  } catch (error) {
    batch.size -= upload.size;
    if (upload.isCancelled) {
      batch.cancelled++;
      drop(upload);
      end(upload, 'cancelled', 'Cancelled');
    } else {
      failed.add(upload);
      end(upload, 'failed', `Failed: ${error instanceof Refusal ? error.message : error}`);
      if (failed.size < 4) announce(`${shown(upload.name)}: ${upload.words}`);
    }
  }
  startNext();
  if (!running.size) finish();
}

function end(upload, state, words) {
  running.delete(upload);
  Object.assign(upload, {state, words, gone: 0});
  if (state != 'done') upload.offset = 0;
  paint(upload);
  prune();
}

// carry sends a file, and goes on where it was as often as it has to.
async function carry(upload) {
  for (let tries = 0, failures = 0, reached = 0;; tries++) {
    try {
      return await attempt(upload);
    } catch (error) {
      if (upload.isCancelled || !(error instanceof Interruption)) throw error;
      if (upload.offset > reached) tries = failures = 0;
      if (!error.isPatient && ++failures > stubborn) throw new Refusal(error.message);
      reached = upload.offset;
      upload.gone = 0;
      await pause(upload, Math.max(error.after, Math.min(2 ** tries, 30)), error.message);
    }
    if (upload.isCancelled) throw new Refusal();
  }
}

async function attempt(upload) {
  if (!upload.file) throw new Refusal('it cannot be read on this device');
  if (maxSize && upload.size > maxSize) throw new Refusal(`larger than ${size(maxSize)}`);
  if (upload.size > wholeSize) upload.location ||= recall(upload);
  if (upload.location) await locate(upload);
  else await create(upload);
  while (!upload.result) await append(upload);
}

// create announces a file. A small one goes with it.
async function create(upload) {
  const isWhole = upload.size <= wholeSize;
  const disposition = encodeURIComponent(upload.name).replace(/['()*]/g, c => '%' + c.charCodeAt().toString(16)); // RFC 8187, 3.2.1
  const fields = {'Content-Disposition': `attachment; filename*=UTF-8''${disposition}`, 'Content-Type': 'application/octet-stream'};
  if (!isWhole) Object.assign(fields, {'Upload-Complete': '?0', 'Upload-Length': upload.size});
  const answer = await ask(upload, 'POST', here, fields, isWhole ? upload.file : null);
  if (isWhole) return complete(upload, answer);
  upload.location = new URL(answer.getResponseHeader('Location'), here).href;
  remember(upload);
}

const isComplete = answer => answer.getResponseHeader('Upload-Complete') == '?1';

// locate asks how far a file has come.
async function locate(upload) {
  const answer = await ask(upload, 'HEAD', upload.location, {});
  const offset = +answer.getResponseHeader('Upload-Offset');
  if (isComplete(answer)) complete(upload, answer);
  else if (offset >= 0 && offset <= upload.size) upload.offset = offset;
  else throw new Refusal('the server has something else of it');
}

// append sends the next piece. Pieces grow where they are gone in no time.
async function append(upload) {
  const to = Math.min(upload.offset + upload.piece, upload.size), isLast = to == upload.size, start = performance.now();
  const answer = await ask(upload, 'PATCH', upload.location, {
    'Content-Type': 'application/partial-upload', 'Upload-Complete': isLast ? '?1' : '?0', 'Upload-Offset': upload.offset,
  }, upload.file.slice(upload.offset, to));
  upload.offset = to;
  upload.gone = 0;
  if (isLast || isComplete(answer)) complete(upload, answer);
  else if (performance.now() - start < 1000) upload.piece = Math.min(2 * upload.piece, largestPiece);
}

// complete takes up the name that a file has got. Who missed the answer that
// told it is told the URL of the file.
function complete(upload, answer) {
  let name = upload.name;
  try {
    name = answer.status == 201 ? JSON.parse(answer.responseText)[0].name :
      decodeURIComponent(new URL(answer.getResponseHeader('Location'), here)).slice(decodeURIComponent(here).length);
  } catch {}
  upload.result = name || upload.name;
  upload.offset = upload.size;
  upload.gone = 0;
  forget(upload);
}

// ask makes a request, and throws if its answer is not one of success.
async function ask(upload, method, url, fields, content) {
  if (upload.isCancelled) throw new Refusal();
  const answer = await send(upload, method, url, fields, content), {status} = answer;
  if (status >= 200 && status < 300) {
    if (!proven) {
      proven = true;
      startNext();
    }
    return answer;
  }
  if (upload.isCancelled) throw new Refusal();
  if (!status) {
    try {
      await upload.file.slice(upload.offset, upload.offset + 1).arrayBuffer();
    } catch {
      throw new Refusal('it has changed, or is gone, on this device');
    }
    throw new Interruption('No connection', {isPatient: true});
  }
  const isOurs = url == upload.location;
  // Browsers repeat a request by themselves if its connection was closed: the first was answered then.
  if (isOurs && isComplete(answer)) return answer;
  if (isOurs && (status == 404 || status == 410)) {
    forget(upload);
    upload.location = '';
    upload.offset = 0;
    throw new Interruption('the server has lost what it had');
  }
  if ([429, 502, 503, 504].includes(status))
    throw new Interruption('The server is busy', {isPatient: true, after: Math.min(+answer.getResponseHeader('Retry-After') || 0, 60)});
  if (isOurs && status == 409 || status == 408 || status >= 500 && status != 507)
    throw new Interruption(wordsOf(answer));
  throw new Refusal(wordsOf(answer));
}

// send makes a request. One that is not answered has the status 0.
function send(upload, method, url, fields, content) {
  return new Promise(resolve => {
    const request = upload.request = new XMLHttpRequest(); // fetch does not tell how much has gone
    let watch;
    const expect = seconds => {
      clearTimeout(watch);
      watch = setTimeout(() => request.abort(), 1000 * seconds);
    };
    request.open(method, url);
    request.setRequestHeader('Accept', 'application/json');
    for (const name in fields) request.setRequestHeader(name, fields[name]);
    request.upload.onprogress = ({loaded}) => {
      upload.gone = Math.min(loaded, content.size);
      expect(silence);
    };
    request.upload.onload = () => expect(slowAnswer);
    request.onloadend = () => {
      clearTimeout(watch);
      resolve(request);
    };
    // Who is asked for a password takes time.
    expect(method == 'POST' ? slowAnswer : silence);
    request.send(content);
  });
}

// pause waits, but not when the network or the reader comes back.
function pause(upload, seconds, words) {
  return new Promise(resolve => {
    upload.until = performance.now() + 1000 * seconds;
    upload.wake = () => {
      clearTimeout(timer);
      Object.assign(upload, {state: 'running', wake: null});
      resolve();
    };
    const timer = setTimeout(upload.wake, 1000 * seconds);
    Object.assign(upload, {state: 'lost', words});
    paint(upload);
  });
}

const wakeAll = () => { for (const upload of running) upload.wake?.() };
addEventListener('online', wakeAll);
document.addEventListener('visibilitychange', () => { if (!document.hidden) wakeAll() });

function cancel(upload) {
  upload.isCancelled = true;
  upload.request?.abort();
  upload.wake?.();
}

// drop has the server forget what it has of a file.
function drop(upload) {
  if (upload.location) fetch(upload.location, {method: 'DELETE', keepalive: true}).catch(() => {});
  forget(upload);
  upload.location = '';
}

function retry(upload) {
  failed.delete(upload);
  if (!running.size && !queue.length) newBatch();
  batch.files++;
  batch.size += upload.size;
  queue.unshift(upload);
  show();
  startNext();
}

// What is not finished is remembered for a day, for who chooses the same file
// again in another visit.

const memory = 'gserve uploads', day = 24 * 3600e3, mostRemembered = 100;

function remembered() {
  try {
    return JSON.parse(localStorage[memory] || '[]').filter(one => Date.now() - one.time < day).slice(-mostRemembered);
  } catch {
    return [];
  }
}

function keep(all) {
  try {
    if (all.length) localStorage[memory] = JSON.stringify(all);
    else localStorage.removeItem(memory);
  } catch {} // a browser that remembers nothing
}

function remember({name, size, file: {lastModified: modified}, location}) {
  keep([...remembered(), {folder: here, name, size, modified, location, time: Date.now()}]);
}

function recall({name, size, file}) {
  const busy = new Set(Array.from(running, upload => upload.location));
  return remembered().find(one => one.folder == here && one.name == name && one.size == size &&
    one.modified == file.lastModified && !busy.has(one.location))?.location || '';
}

function forget({location}) {
  const all = remembered(), others = all.filter(one => one.location != location);
  if (others.length < all.length) keep(others);
}
