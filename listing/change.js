'use strict';
{
// chosen are the boxes that are ticked, of rows that a filter hides, too.
const chosen = () => document.querySelectorAll('#entries tbody :checked');

function tell() {
  const output = $('#delete output'), boxes = [...chosen()], rename = $('#move button');
  if (output) output.textContent = (boxes.length == 1 ? '1 entry' : `${boxes.length.toLocaleString('en')} entries`) + (boxes.some(box => box.value.endsWith('/')) ? ', folders with all in them' : '');
  if (rename) rename.textContent = boxes.length > 1 ? 'Move' : 'Rename';
}

document.addEventListener('change', event => {
  if (event.target.name != 'name') return;
  tell();
  if ($('#move')) $('#move').open = false;
});
addEventListener('pageshow', tell);

// What is renamed begins with the name it has.
document.addEventListener('toggle', event => {
  if (event.target.id != 'move' || !event.target.open) return;
  const field = $('input', event.target), boxes = chosen(), name = boxes.length == 1 ? boxes[0].value.replace(/\/$/, '') : '';
  field.placeholder = boxes.length == 1 ? 'New name, or folder/' : 'Folder/';
  field.value = name;
  field.focus();
  field.setSelectionRange(0, name.lastIndexOf('.') > 0 ? name.lastIndexOf('.') : name.length);
}, true);

// An archive needs no new name.
document.addEventListener('formdata', ({target, formData}) => {
  if (target.id == 'entries' && formData.get('do') != 'move') formData.delete('to');
});
}
