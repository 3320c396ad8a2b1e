// What is chosen, dropped, and typed.

for (const input of inputs)
  input.onchange = () => {
    add(Array.from(input.files, file => ({file, name: file.webkitRelativePath || file.name})));
    input.value = '';
  };
pick.onclick = () => inputs[0].click();
others.forEach((button, i) => { button.onclick = () => inputs[i + 1].click() });

// filesIn yields the files in what was dropped, folder by folder.
async function* filesIn(entry, above = '') {
  const name = above + entry.name;
  try {
    if (entry.isFile) {
      yield {file: await new Promise((resolve, reject) => entry.file(resolve, reject)), name};
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!entries.length) return;
      for (const one of entries) yield* filesIn(one, name + '/');
    }
  } catch {
    yield {name}; // of what cannot be read
  }
}

async function addEntries(entries) {
  let found = [];
  for (const entry of entries)
    for await (const item of filesIn(entry)) {
      if (found.push(item) < 100) continue;
      add(found);
      found = [];
    }
  add(found);
}

let cover, lifting;
const uncover = () => {
  clearTimeout(lifting);
  cover?.remove();
  cover = null;
};
const brings = event => event.dataTransfer?.types.includes('Files');
addEventListener('dragover', event => {
  if (!brings(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = 'copy';
  clearTimeout(lifting);
  lifting = setTimeout(uncover, 2000); // not every browser tells that the files are elsewhere
  if (cover) return;
  cover = document.createElement('div');
  cover.id = 'drop';
  cover.innerHTML = '<p>Drop to upload to <bdi></bdi>';
  cover.querySelector('bdi').textContent = folderName;
  document.body.append(cover);
});
addEventListener('dragleave', event => { if (!event.relatedTarget) uncover() });
addEventListener('dragend', uncover);
addEventListener('drop', event => {
  uncover();
  if (!brings(event)) return;
  event.preventDefault();
  const entries = [], files = [];
  for (const item of event.dataTransfer.items) { // which are gone after this
    if (item.kind != 'file') continue;
    const entry = item.webkitGetAsEntry?.(), file = entry ? null : item.getAsFile();
    if (entry) entries.push(entry);
    else if (file) files.push({file, name: file.name});
  }
  add(files);
  addEntries(entries);
});

document.addEventListener('keydown', event => {
  if (event.key != 'u' || event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input:not([type=checkbox]), dialog')) return;
  event.preventDefault();
  pick.click();
});
if (!isBox) keys.u = 'upload';
